"""Pieces and tables of pieces for the tests of works and splits."""

import csv
from importlib.resources import files
from pathlib import Path

FOLDER = Path(str(files("musebench.splits")))
BOARDS = {  # its corpus; None: of several, the first part of a piece's id
    "asap-performance": "asap",
    "asap-pitch-spelling": "asap",
    "augmentednet-roman-numeral": "augmentednet",
    "chorale-pitch-spelling": "music21_chorales",
    "chorale-voice-separation": "music21_chorales",
    "dcml-voice-separation": None,
}
SHARES = {"train": (0.66, 0.74), "valid": (0.07, 0.13), "test": (0.17, 0.23)}


def read_csv(name, folder=FOLDER):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check_shares(num_notes):
    """``num_notes``: split -> number of notes."""
    total = sum(num_notes.values())
    for split, (low, high) in SHARES.items():
        assert low <= num_notes[split] / total <= high, (split, num_notes)


def corpus_and_name(board, piece_id):
    return (BOARDS[board], piece_id) if BOARDS[board] else tuple(piece_id.split("/"))
