"""Pitch spelling of Western piano music from Bach to Prokofiev."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

ASAP_PITCH_SPELLING = Board(
    name="asap-pitch-spelling",
    dataset="ASAPPitchSpelling",
    corpus=CORPORA["asap"],
    task=TASKS["pitch-spelling"],
    version="2.0",
    about="spelling and key signature of each note, Western piano music",
    labels=(
        "Each note has two labels, as in the edition: ``y``, its spelling (35 classes, Fbb to "
        "B##), and ``y_key_signature``, its key signature (15 classes, seven flats to seven "
        "sharps). A model sees pitch, duration, metrical position and time signature. One score "
        "per (composer, title); of repeat variants, the plain one."
    ),
    source=(
        'Foscarin et al., "ASAP: A Dataset of Aligned Scores and Performances for Piano '
        'Transcription", ISMIR 2020, in the edition (n)ASAP; CC BY-NC-SA 4.0.'
    ),
    pitfalls=(
        "Volunteers entered the scores and the authors of the corpus corrected them; according to "
        "the authors, some wrong notation remains.",
        "Schumann/Kreisleriana/3 has notes of negative duration in broken tuplets; they are read "
        "with duration 0.",
    ),
)

register_board(ASAP_PITCH_SPELLING)
