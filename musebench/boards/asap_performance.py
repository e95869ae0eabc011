"""Expressive piano performance: numbers for each note, means over one or two pianists."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

ASAP_PERFORMANCE = Board(
    name="asap-performance",
    dataset="ASAPPerformance",
    corpus=CORPORA["asap_performance"],
    task=TASKS["performance"],
    annotation="performance",
    version="1.0",
    about="tempo, timing, articulation and loudness of each note as pianists play it",
    labels=(
        "Each note has four labels: ``y``, log2 of the beat period in seconds, and ``y_timing``, "
        "``y_articulation_log`` and ``y_velocity``; float32, NaN where no performance plays the "
        "note and where labels are hidden. A model sees pitch, duration, metrical position and "
        "time signature."
    ),
    source=(
        'Peter et al., "Automatic Note-Level Score-to-Performance Alignments in the ASAP '
        'Dataset", TISMIR 6, 2023; CC BY-NC-SA 4.0.'
    ),
    pitfalls=(
        "303 of the 1,066 performances of (n)ASAP: one or two of a score, of those whose "
        "alignment is robust.",
        "Scores are those of the match files, unfolded, with the repeats that were played; of "
        "titles played with different repeats the score with most performances is in the board.",
        "Notes and pedals are those of the MIDI recordings; scores have no key signature here.",
    ),
    settings={"mlp": {"hidden": 352}},
)

register_board(ASAP_PERFORMANCE)
