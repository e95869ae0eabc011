"""Pitch spelling of four-part Bach chorales; needs no download."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

CHORALE_PITCH_SPELLING = Board(
    name="chorale-pitch-spelling",
    corpus=CORPORA["music21_chorales"],
    task=TASKS["pitch-spelling"],
    version="2.0",
    is_lite=True,
    about="spelling and key signature of each note, four-part Bach chorales",
    labels=(
        "Labels and inputs are those of ``ASAPPitchSpelling``. The scores are the chorales of the "
        "package music21 with four monophonic parts, without near-duplicates; all settings of a "
        "tune are in the same split."
    ),
    source=(
        "The corpus of music21 10.5.1 (extra ``chorales``); its encodings are not ours to pass on."
    ),
    pitfalls=(
        "The harmony is simple and diatonic: rules spell nearly every note correctly, so "
        "differences between models are small. A quick check, not a challenge.",
        "In bwv4.8, bwv62.6 and bwv244.15 the parts have different key signatures at the same "
        "time.",
    ),
    settings={"hidden": 64, "num_steps": 200, "validate_every": 50, "batch_size": 8},
    is_smoke_test=True,
)

register_board(CHORALE_PITCH_SPELLING)
