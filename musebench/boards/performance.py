"""The board of expressive performance."""

from musebench.boards.board import Board
from musebench.corpora.asap_performance import ASAP_PERFORMANCE
from musebench.tasks.performance import PERFORMANCE

PERFORMANCE_BOARDS = (
    Board(
        name="asap-performance",
        dataset="ASAPPerformance",
        corpus=ASAP_PERFORMANCE,
        task=PERFORMANCE,
        annotation="performance",
        version="1.0",
        about="tempo, timing, articulation and loudness of each note as pianists play it",
        pitfalls=(
            "303 of the 1,066 performances of (n)ASAP: one or two of a score, of those whose "
            "alignment is robust.",
            "Scores are those of the match files, unfolded, with the repeats that were played; of "
            "titles played with different repeats the score with most performances is in the "
            "board.",
            "Notes and pedals are those of the MIDI recordings; scores have no key signature here.",
        ),
    ),
)
