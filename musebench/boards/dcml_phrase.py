"""Phrase ends in 28 of DCML's corpora, from Sweelinck to Rachmaninoff."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

DCML_PHRASE = Board(
    name="dcml-phrase",
    dataset="DCMLPhrase",
    corpus=CORPORA["dcml_with_cadences"],
    task=TASKS["phrase"],
    annotation="phrase",
    version="2.0",
    about="phrase ends, from Sweelinck to Rachmaninoff",
    labels=(
        "``onset_y`` is 1 at an onset group that ends a phrase (DCML's ``}`` and ``}{``), "
        "otherwise 0. Pieces and splits are those of DCML; inputs are those of ``DCMLCadence``."
    ),
    source="As for ``DCMLCadence``.",
    pitfalls=(
        "Labels come from several annotators and reviewers; where theory allows two readings, "
        "only one counts as right.",
        "Seven of DCML's corpora are not on this board, because they have no cadences and mark "
        "phrases by an older sign: the quartets of Beethoven and Mendelssohn, Schütz, Ravel, "
        "Wagner, Winterreise and the Liederkreis.",
    ),
    settings={"class_balance": 0.5},
)

register_board(DCML_PHRASE)
