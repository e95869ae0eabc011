"""Small scores of a user, and their dataset."""

from pathlib import Path

import numpy as np

import musebench
from musebench import ScoreFolder, read_score

DATA = Path(__file__).parent / "data"
THREE = ("divisions.musicxml", "duet.krn", "piano.musicxml")


def load(*args, **kwargs):
    return ScoreFolder(*args, n_jobs=1, **kwargs)


def is_last(notes):
    """Whether a note is the last of its onset group."""
    return np.append(notes.onset_div[1:] != notes.onset_div[:-1], True)


def write_kern(file, *pitches):
    lines = "".join(f"4{pitch}\n" for pitch in pitches)
    file.write_text(f"**kern\n*clefG2\n*k[]\n*M3/4\n=1\n{lines}==\n*-\n")


def write_midi(file):
    musebench.write_score(read_score(DATA / "duet.krn"), file)
    return file


def unchanged(graph):
    return graph
