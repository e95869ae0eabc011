"""Cadences in 13 of DCML's corpora, from Corelli to Medtner."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

DCML_CADENCE = Board(
    name="dcml-cadence",
    dataset="DCMLCadence",
    corpus=CORPORA["dcml_with_cadences"],
    task=TASKS["cadence"],
    annotation="cadence",
    version="1.0",
    about="cadence at each onset, from Corelli to Medtner",
    labels=(
        "``onset_y`` holds the cadence of each onset group (none, PAC, IAC, HC, other); "
        '``graph["note"].onset_index`` names the group of each note. A model sees pitch, '
        "duration, metrical position and time signature. Pieces without annotated cadences are "
        "left out."
    ),
    source=(
        'Hentschel et al., "A Corpus and a Modular Infrastructure for the Empirical Study of '
        '(An)notated Music", Scientific Data 12, 2025; CC BY-NC-SA 4.0.'
    ),
    pitfalls=(
        "Labels come from several annotators and reviewers; where theory allows two readings, one "
        "counts.",
    ),
)

register_board(DCML_CADENCE)
