"""Submissions to the toy board, for tests of what is done with them."""

import hashlib
import io
import itertools
import json
from contextlib import contextmanager
from datetime import date

import numpy as np

import toy_board
from musebench.boards import BOARDS
from musebench.evaluation import write_predictions
from musebench.leaderboard.prepare import add_runs, init_submission
from musebench.store import load_notes

BOARD = toy_board.BOARD.name
FILLED = {
    "method.name": "A method",
    "method.family": "gnn",
    "method.description": "What it is",
    "code.url": "https://example.org/a/b",
    "code.commit": "0123456789" * 4,
    "code.command": "python train.py --seed 0 > log",
    "code.license": "MIT",
    "contact": "someone",
    "hardware": "a laptop",
    "declarations.no_tuning_on_test": True,
    "declarations.no_training_on_test": True,
    "declarations.predictions_under_license_of_corpus": True,
}


@contextmanager
def only_the_toy_board():
    """Take the other boards away."""
    boards = dict(BOARDS)
    for name in boards.keys() - {BOARD}:
        del BOARDS[name]
    yield
    BOARDS.clear()
    BOARDS.update(boards)


def make(leaderboards, home, name, seeds=(0, 1, 2), folds=(0,), noise=0.3, score=None, **values):
    """Make a submission of the given seeds and folds; more noise gives more wrong notes.

    ``score`` makes scores of the predicted classes, if the files have them.
    """
    tables = load_notes(toy_board.CORPUS, home).tables
    folder = leaderboards / BOARD / name
    init_submission(folder, FILLED | {"method.name": name} | values, today=date(2026, 11, 25))
    for fold, seed in itertools.product(folds, seeds):
        piece = toy_board.PIECE_OF_FOLD[fold]
        truth = np.maximum(toy_board.BOARD.task.read_labels(tables[piece])["spelling"], 0)
        rng = np.random.default_rng([seed, *name.encode()])
        wrong = rng.random(len(truth)) < noise
        y = np.where(wrong, rng.integers(0, 35, len(truth)), truth)
        file = home / f"{name}-{fold}-{seed}.npz"
        columns = {"spelling": y} | ({"spelling_score": score(y)} if score else {})
        write_predictions(file, BOARD, "test", {piece: columns}, fold=fold, seed=seed, root=home)
        add_runs(folder, [file], root=home)
    return folder


def edit(folder, change):
    """Change submission.json by a function of its content."""
    file = folder / "submission.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return folder


def replace_predictions(folder, seed, content):
    """Put other bytes in the place of a prediction file, and their hash in the submission."""
    (folder / f"predictions/fold0-seed{seed}.npz").write_bytes(content)

    def change(submission):
        (run,) = (run for run in submission["runs"] if run["seed"] == seed)
        run["sha256"] = hashlib.sha256(content).hexdigest()

    edit(folder, change)


def forge_fingerprint(folder, fingerprint, seed=0):
    """Let a prediction file say that it is of other data."""
    with np.load(folder / f"predictions/fold0-seed{seed}.npz") as stored:
        content = {name: stored[name] for name in stored}
    about = json.loads(str(content["about"])) | {"fingerprint": fingerprint}
    stream = io.BytesIO()
    np.savez_compressed(stream, **content | {"about": np.array(json.dumps(about))})
    replace_predictions(folder, seed, stream.getvalue())
