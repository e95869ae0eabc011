"""Submissions of the reference methods, from the folders of their runs.

They go through the same door as any other: ``init_submission``, ``add_runs``, and the checks of
``musebench leaderboard render``.
"""

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
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
    "pkspell": Reference(
        "PKSpell", "rnn", "Two recurrent layers over the notes: spellings, then the key signature."
    ),
    "chordgnn": Reference(
        "ChordGNN", "gnn", "A graph network over notes, pooled by onset, then a GRU over onsets."
    ),
    "augmentednet": Reference(
        "AugmentedNet", "cnn", "Convolutions and GRUs over onsets, with bass and pitch classes."
    ),
    "vocsep": Reference(
        "vocsep", "gnn", "A graph network that links notes, trained with its assignment loss."
    ),
    "piano-svsep": Reference(
        "piano_svsep", "gnn", "A graph network with the staff head of cluster and separate."
    ),
    "virtuosonet": Reference(
        "VirtuosoNet", "rnn", "Recurrent layers over notes, beats and measures, without a latent."
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
    """Make a submission of each reference method with runs of all folds, or of fold 0.

    Those that there are already stay as they are, unless there are more runs now. A learned method
    with runs of fold 0 alone is shown without a rank.

    Yields:
        The folders that were made.
    """
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    for board in BOARDS:
        for method, texts in METHODS.items():
            folds, seeds = _finished(runs, board, method)
            target = leaderboards / board / method
            num_runs = len(folds) * len(seeds)
            if not seeds or (is_folder(target) and len(read_submission(target).runs) >= num_runs):
                continue
            if is_folder(target):
                shutil.rmtree(target)
            target.parent.mkdir(exist_ok=True)
            about = {
                "method.name": texts.name,
                "method.family": texts.family,
                "method.description": texts.description,
                "method.deterministic": method not in ENCODERS,  # else the seed is part of it
                "code.url": "",
                "code.commit": commit,
                "code.command": _command(board, method, folds, seeds),
            }
            init_submission(target, DECLARED | about, today=today)
            add_runs(target, _folders(runs, board, method, folds, seeds), root=root)
            yield target


def _command(board: str, method: str, folds: Sequence[int], seeds: Sequence[int]) -> str:
    """The command that makes these runs."""
    command = f"musebench reproduce {board} --model {method}"
    if len(folds) > 1:
        command = f"{command} --folds all"
    return f"{command} --seeds {','.join(map(str, seeds))}" if len(seeds) > 1 else command


def _finished(runs: Path, board: str, method: str) -> tuple[range, list[int]]:
    """Folds, and seeds of a method of which their runs are finished, up to the first without."""
    is_learned = method in ENCODERS
    for folds in (range(num_folds(board)), *([range(1)] if is_learned else [])):
        found = []
        for seed in BOARDS[board].seeds if is_learned else (0,):
            files = [f / "result.json" for f in _folders(runs, board, method, folds, [seed])]
            if not all(file.is_file() for file in files):
                break
            found.append(seed)
        if found:
            return folds, found
    return range(0), []


def _folders(
    runs: Path, board: str, method: str, folds: Iterable[int], seeds: Iterable[int]
) -> list[Path]:
    return [runs / board / f"{method}-fold{k}-seed{seed}" for seed in seeds for k in folds]
