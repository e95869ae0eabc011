"""Pitch spelling of songs and string quartets of the long 19th century; free for any use."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

OPENSCORE_PITCH_SPELLING = Board(
    name="openscore-pitch-spelling",
    dataset="OpenScorePitchSpelling",
    corpus=CORPORA["openscore"],
    task=TASKS["pitch-spelling"],
    version="2.0",
    about="spelling and key signature of each note, songs and string quartets",
    labels=(
        "Labels and inputs are those of ``ASAPPitchSpelling``. Anyone may use the scores, and what "
        "is trained on them, for anything."
    ),
    source=(
        "The OpenScore Lieder Corpus: Gotham and Jonas, Music Encoding Conference 2021; the "
        '"OpenScore String Quartet" Corpus: Gotham et al., DLfM 2023; CC0 1.0.'
    ),
    pitfalls=(
        "Volunteers entered the scores from printed editions; not every name of a note was "
        "proofread.",
        "A quartet is one piece of four movements and 10,000 notes, a song has 800 notes.",
    ),
)

register_board(OPENSCORE_PITCH_SPELLING)
