"""Composer classification of keyboard music: ten composers, Frescobaldi to Medtner."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

DCML_COMPOSER = Board(
    name="dcml-composer",
    dataset="DCMLComposer",
    corpus=CORPORA["dcml_keyboard"],
    task=TASKS["composer"],
    version="2.0",
    is_lite=True,
    about="composer of each piece, keyboard music from Frescobaldi to Medtner",
    labels=(
        "Each graph has the label ``y``, shape ``(1,)``: one of the composers with five or more "
        "works in DCML's keyboard corpora. A model sees pitch, duration, metrical position and "
        "time signature. Splits are by work, so no movement of a test work is in training."
    ),
    source=(
        'The keyboard corpora of the Digital and Cognitive Musicology Lab: Hentschel et al., "A '
        'Corpus and a Modular Infrastructure for the Empirical Study of (An)notated Music", '
        "Scientific Data 12, 2025; CC BY-NC-SA 4.0."
    ),
    pitfalls=(
        "Each composer comes from one corpus with one genre: organ masses (Frescobaldi), suites "
        "(Bach), sonatas (Mozart, Beethoven, Scarlatti, Bach's sons), mazurkas (Chopin), lyric "
        "pieces (Grieg), tales (Medtner). Genre, meter and conventions of the edition give away "
        "much of the answer, not only style.",
        "Frescobaldi has 5 works, one in each fold, Medtner 7, Grieg 10, Bach and Johann "
        "Christian Bach 12 each. Movements of a work are similar, so the number of works, not of "
        "pieces, is the effective sample size.",
        "Composers with fewer than five works are left out: Liszt and Wilhelm Friedemann Bach (3 "
        "each), Couperin, Debussy, Dvořák, Ravel, Schumann, Tchaikovsky and others.",
    ),
)

register_board(DCML_COMPOSER)
