"""Submissions of the reference methods, from the folders of their runs.

They go through the same door as any other: ``init_submission``, ``add_runs``, and the checks of
``musebench leaderboard render``.
"""

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import takewhile
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from musebench.boards import BOARDS
from musebench.files import is_folder
from musebench.leaderboard import add_runs, init_submission, read_submission
from musebench.models import ENCODERS
from musebench.splits import num_folds


class Reference(NamedTuple):
    """What a submission says of a method: its name for people, its family and how it works."""

    name: str
    family: str
    description: str


METHODS = {
    "constant": Reference(
        "Constant", "rule", "Gives every note the mean of each parameter over the training split."
    ),
    "score-mean": Reference(
        "Score mean", "rule", "Gives every note the mean of the training notes in the same context."
    ),
    "krumhansl": Reference(
        "Krumhansl key", "rule", "One key for the piece, by the profiles of Krumhansl and Kessler."
    ),
    "line-of-fifths": Reference(
        "Line of fifths", "rule", "Nearest to the centre of the surroundings on the line of fifths."
    ),
    "majority": Reference(
        "Majority", "rule", "Gives the class that is most frequent in the training split."
    ),
    "ps13s1": Reference("ps13s1", "rule", "Meredith's ps13 algorithm, stage 1."),
    "pse": Reference(
        "PSE", "rule", "Spells with the fewest printed accidentals, in local keys of each measure."
    ),
    "pitch-60": Reference(
        "Split at middle C",
        "rule",
        "Puts notes from middle C (MIDI pitch 60) up on the upper staff, the others on the lower.",
    ),
    "template-chords": Reference(
        "Template chords", "rule", "Finds chords by templates, and keys by profiles."
    ),
    "long-notes": Reference(
        "Long notes (LBDM)",
        "rule",
        "Ends a phrase at the peaks of the local boundary strength of the top line.",
    ),
    "rests": Reference(
        "Rests", "rule", "Ends a phrase with each onset group before a silence, and with the last."
    ),
    "estimate-voices": Reference(
        "partitura estimate_voices",
        "rule",
        "Links the notes of each voice that partitura's contig mapping finds.",
    ),
    "nearest-pitch": Reference(
        "Nearest pitch", "rule", "Goes on from each note to the nearest one in pitch, one to one."
    ),
    "v-i-bass": Reference(
        "V-I bass",
        "rule",
        "Finds authentic cadences where the bass moves from V to I, half cadences where it rests "
        "on V.",
    ),
    "pitch-class-profile": Reference(
        "Pitch-class profile",
        "rule",
        "Tells composers apart by how long each degree of the chromatic scale sounds.",
    ),
    "skyline": Reference(
        "Skyline", "rule", "Takes a note for the melody if nothing higher sounds when it begins."
    ),
    "shortcut": Reference(
        "Shortcut",
        "shortcut",
        "Trees of depth 1 or 3 on metadata and layout alone, without pitch or rhythm.",
    ),
    "trees": Reference(
        "Trees",
        "trees",
        "Histogram-based gradient boosting on neighbours, sounding notes and histograms.",
    ),
    "note-gnn": Reference(
        "NoteGNN",
        "gnn",
        "A graph network over the relations between notes, with the heads of the task.",
    ),
    "onset-gnn": Reference(
        "OnsetGNN",
        "gnn",
        "NoteGNN, then what sounds at each onset with intervals above the bass, and an LSTM over "
        "the onsets.",
    ),
    "onset-rnn": Reference(
        "OnsetRNN",
        "rnn",
        "OnsetGNN without its graph: a perceptron per note, onsets, and an LSTM over them.",
    ),
}
DECLARED = {
    "code.license": "MIT",
    "contact": "the musebench authors",
    "hardware": "1 core of an AMD EPYC, no GPU",
    "declarations.no_tuning_on_test": True,
    "declarations.no_training_on_test": True,
    "declarations.predictions_under_license_of_corpus": True,
}


def make_entries(
    runs: Path, leaderboards: Path, root: Path | None = None, today: date | None = None
) -> Iterator[Path]:
    """Make a submission of each reference method with runs of all folds.

    Those that there are already stay as they are, unless there are runs of more seeds now.

    Yields:
        The folders that were made.
    """
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    for board in BOARDS:
        for method, texts in METHODS.items():
            seeds = _finished(runs, board, method)
            target = leaderboards / board / method
            if not seeds or (
                is_folder(target) and len(read_submission(target).seeds) >= len(seeds)
            ):
                continue
            if is_folder(target):
                shutil.rmtree(target)
            target.parent.mkdir(exist_ok=True)
            listed = ",".join(map(str, seeds))
            command = f"musebench reproduce {board} --model {method} --folds all"
            about = {
                "method.name": texts.name,
                "method.family": texts.family,
                "method.description": texts.description,
                "method.deterministic": method not in ENCODERS,  # else the seed is part of it
                "code.url": "",
                "code.commit": commit,
                "code.command": f"{command} --seeds {listed}" if len(seeds) > 1 else command,
            }
            init_submission(target, DECLARED | about, today=today)
            add_runs(target, _folders(runs, board, method, seeds), root=root)
            yield target


def _finished(runs: Path, board: str, method: str) -> list[int]:
    """Seeds of a method of which the runs of all folds are finished, up to the first without."""
    seeds = BOARDS[board].seeds if method in ENCODERS else (0,)
    is_finished = (
        all((f / "result.json").is_file() for f in _folders(runs, board, method, [seed]))
        for seed in seeds
    )
    return [seed for seed, _ in takewhile(itemgetter(1), zip(seeds, is_finished, strict=True))]


def _folders(runs: Path, board: str, method: str, seeds: Iterable[int]) -> list[Path]:
    folds = range(num_folds(board))
    return [runs / board / f"{method}-fold{k}-seed{seed}" for seed in seeds for k in folds]
