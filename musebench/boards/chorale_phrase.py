"""Phrase ends of four-part Bach chorales; needs no download."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

CHORALE_PHRASE = Board(
    name="chorale-phrase",
    corpus=CORPORA["music21_chorales"],
    task=TASKS["phrase"],
    annotation="fermata",
    version="2.0",
    is_lite=True,
    about="phrase ends of four-part Bach chorales, by their fermatas",
    labels=(
        "``onset_y`` is 1 at an onset group in which a note has a fermata. Pieces and splits are "
        "those of ``ChoralePitchSpelling`` except one chorale without fermatas; inputs are those "
        "of ``DCMLCadence``."
    ),
    source=(
        "The corpus of music21 10.5.1 (extra ``chorales``); its encodings are not ours to pass on."
    ),
    pitfalls=(
        "An onset is an end if any note that starts there has a fermata, in any part. Of the "
        "board's 2,301 ends, 1,682 have fermatas in all four parts, 102 in three, 130 in two and "
        "387 in one: some encodings have them only in the soprano, and where parts arrive one "
        "after another, each has its own onset. 97 ends follow another end within a quarter note.",
    ),
    settings={
        "class_balance": 0.25,
        "num_steps": 400,
        "validate_every": 100,
    },
)

register_board(CHORALE_PHRASE)
