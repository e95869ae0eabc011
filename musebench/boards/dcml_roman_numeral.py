"""Harmony at each onset group in DCML's 35 corpora, by parts of its Roman numeral."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

DCML_ROMAN_NUMERAL = Board(
    name="dcml-roman-numeral",
    dataset="DCMLRomanNumeral",
    corpus=CORPORA["dcml"],
    task=TASKS["roman-numeral"],
    annotation="harmony",
    version="2.0",
    about="local key, degree, quality, inversion and root at each onset, 1600 to 1931",
    labels=(
        "``onset_y`` is the local key; ``onset_y_degree``, ``onset_y_applied_degree``, "
        "``onset_y_quality``, ``onset_y_inversion`` and ``onset_y_root`` are the other parts; "
        "-100 where no chord is annotated. A model also sees the spelling of the notes."
    ),
    source=(
        'As for ``DCMLCadence``; the quartets: Neuwirth et al., "The Annotated Beethoven Corpus", '
        "Frontiers in Digital Humanities 5, 2018; CC BY-NC-SA 4.0."
    ),
    pitfalls=(
        "Labels come from several annotators and reviewers; where theory allows two readings, "
        "only one counts as right.",
    ),
    settings={"num_steps": 1000, "validate_every": 250},
)

register_board(DCML_ROMAN_NUMERAL)
