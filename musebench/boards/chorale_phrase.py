"""Phrase ends of four-part Bach chorales; needs no download."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

CHORALE_PHRASE = Board(
    name="chorale-phrase",
    corpus=CORPORA["music21_chorales"],
    task=TASKS["phrase"],
    annotation="fermata",
    version="1.0",
    about="phrase ends of four-part Bach chorales, by their fermatas",
    labels=(
        "``onset_y`` is 1 at an onset group of which a note has a fermata. Pieces and splits are "
        "those of ``ChoralePitchSpelling``, less one chorale without fermatas; inputs as of "
        "``DCMLCadence``."
    ),
    source=(
        "The corpus of music21 10.5.1 (extra ``chorales``); its encodings are not ours to pass on."
    ),
    pitfalls=(
        "An onset is an end if any of the notes that start there has a fermata, in whatever part. "
        "Of the 2,301 ends of the board 1,682 have it in all four parts, 102 in three, 130 in "
        "two and 387 in one: some encodings have it in the soprano only, and where parts arrive "
        "one after the other each has it at its own onset. 97 ends follow another within a "
        "quarter note.",
        "Measures are halved at repeat signs, where phrases end: 334 of the 2,301 ends are the "
        "last onset before such a sign, and all such onsets are ends. The measure nodes of the "
        "graph show it, notes do not: a submission that reads measures has to say so. The "
        "reference entries do not read them.",
    ),
    settings={
        "class_balance": 0.25,
        "num_steps": 400,
        "validate_every": 100,
        "mlp": {"hidden": 280},
    },
)

register_board(CHORALE_PHRASE)
