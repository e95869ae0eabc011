"""Cadences in 28 of DCML's corpora, from Corelli to Rachmaninoff."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

DCML_CADENCE = Board(
    name="dcml-cadence",
    dataset="DCMLCadence",
    corpus=CORPORA["dcml_with_cadences"],
    task=TASKS["cadence"],
    annotation="cadence",
    version="2.0",
    about="cadence at each onset, from Corelli to Rachmaninoff",
    labels=(
        "``onset_y`` is the cadence of each onset group (none, PAC, IAC, HC, other); "
        '``graph["note"].onset_index`` gives the group of each note, its row of ``onset_y``. A '
        "model sees pitch, duration, metrical position and time signature. Pieces without "
        "annotated cadences are left out. Subtypes, such as the half cadences of Couperin's "
        "concerts (HC.SIM), count as their kind."
    ),
    source=(
        'Hentschel et al., "A Corpus and a Modular Infrastructure for the Empirical Study of '
        '(An)notated Music", Scientific Data 12, 2025; CC BY-NC-SA 4.0.'
    ),
    pitfalls=(
        "Labels come from several annotators and reviewers; where theory allows two readings, "
        "only one counts as right.",
        "Seven of DCML's corpora are not on this board, because they have no cadences and mark "
        "phrases by an older sign: the quartets of Beethoven and Mendelssohn, Schütz, Ravel, "
        "Wagner, Winterreise and the Liederkreis.",
    ),
    settings={
        "class_balance": 0.5,
        "note-gnn": {  # intervals between notes make a cadence; with SAGE the V-I rule is better
            "conv": "musgconv",
            "musgconv": {"num_steps": 800, "validate_every": 200},
        },
    },
)

register_board(DCML_CADENCE)
