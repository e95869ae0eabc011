"""Expressive piano performance: numbers for each note, of one or two pianists."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

ASAP_PERFORMANCE = Board(
    name="asap-performance",
    dataset="ASAPPerformance",
    corpus=CORPORA["asap_performance"],
    task=TASKS["performance"],
    annotation="performance",
    opinions="performances",
    version="2.0",
    about="tempo, timing, articulation and loudness of each note as pianists play it",
    labels=(
        "Each note has four labels: ``y``, log2 of the beat period less its mean over the piece, "
        "``y_timing``, ``y_articulation_log`` and ``y_velocity``. They are float32 means over the "
        "performances, and NaN where no "
        "performance plays the note or labels are hidden. A model sees pitch, duration, metrical "
        "position and time signature."
    ),
    source=(
        'Peter et al., "Automatic Note-Level Score-to-Performance Alignments in the ASAP '
        'Dataset", TISMIR 6, 2023; CC BY-NC-SA 4.0.'
    ),
    pitfalls=(
        "Only 303 of the 1,066 performances of (n)ASAP are used: one or two per score, chosen "
        "from those with a robust alignment.",
        "Scores come from the match files, unfolded, with the repeats that were played. If a "
        "title was played with different repeats, the board has the score with most performances.",
        "Notes and pedals come from the MIDI recordings; these scores have no key signature.",
    ),
)

register_board(ASAP_PERFORMANCE)
