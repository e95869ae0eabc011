"""The boards of composer classification."""

from musebench.boards.board import Board, no_context
from musebench.corpora import DCML_KEYBOARD
from musebench.tasks import COMPOSER

COMPOSER_BOARDS = (
    Board(
        name="dcml-composer",
        dataset="DCMLComposer",
        corpus=DCML_KEYBOARD,
        task=COMPOSER,
        piece_column="composer",
        read_context=no_context,
        version="1.0",
        about="composer of each piece, keyboard music from Bach to Medtner",
        pitfalls=(
            "Each composer comes from one corpus with one genre: suites (Bach), sonatas (Mozart, "
            "Beethoven, Scarlatti), mazurkas (Chopin), lyric pieces (Grieg), tales (Medtner). "
            "Genre, meter and habits of the edition tell much of what the style would tell.",
            "Medtner has 7 works with 19 pieces, Grieg 10 opus numbers, Bach 12 suites: of "
            "Medtner 4 pieces of 2 works are in the test. Movements of a suite resemble each "
            "other, so the number of works, not of pieces, says how much is known.",
            "Composers with fewer than five works are left out: Liszt (3 volumes), Debussy, "
            "Dvořák, Schumann and Tchaikovsky (one each).",
        ),
    ),
)
