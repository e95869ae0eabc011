"""The boards of pitch spelling."""

from musebench.annotations import spelling_labels
from musebench.boards.board import Board
from musebench.corpora import ASAP, MUSIC21_CHORALES
from musebench.tasks import PITCH_SPELLING

PITCH_SPELLING_BOARDS = (
    Board(
        name="asap-pitch-spelling",
        dataset="ASAPPitchSpelling",
        corpus=ASAP,
        task=PITCH_SPELLING,
        read_labels=spelling_labels,
        version="1.0",
        about="spelling and key signature of each note, Western piano music",
        pitfalls=(
            "The scores were typed by volunteers and corrected by the authors of the corpus; "
            "they say that some wrong notation is left.",
            "Schumann/Kreisleriana/3 has notes of negative duration in broken tuplets; they "
            "are read as duration 0.",
        ),
    ),
    Board(
        name="chorale-pitch-spelling",
        dataset="ChoralePitchSpelling",
        corpus=MUSIC21_CHORALES,
        task=PITCH_SPELLING,
        read_labels=spelling_labels,
        version="1.0",
        about="spelling and key signature of each note, four-part Bach chorales",
        pitfalls=(
            "The harmony is close and diatonic: rules spell nearly every note, so differences "
            "between models are small. A quick check, not a challenge.",
            "In bwv4.8, bwv62.6 and bwv244.15 the parts have different key signatures at the "
            "same time.",
        ),
        earlier_fingerprints=("4605178ec291c444",),  # before fermatas were read
    ),
)
