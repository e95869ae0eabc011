"""Voice separation of four-part Bach chorales; needs no download."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

CHORALE_VOICE_SEPARATION = Board(
    name="chorale-voice-separation",
    corpus=CORPORA["music21_chorales"],
    task=TASKS["voice-separation"],
    version="2.0",
    is_lite=True,
    about="next note of the same voice, four-part Bach chorales",
    labels=(
        "The label ``y`` of a note is the index of the next note of the same part in its graph or "
        "batch, -1 for the last note. ``-100``: no label, or the next note is not in the batch; "
        "``-2``: hidden. A model sees pitch, duration, metrical position and time signature, "
        "never voice, staff or part. ``candidate_index`` contains the pairs of notes that may be "
        "linked. The pieces and their splits are those of ``ChoralePitchSpelling``."
    ),
    source=(
        "The corpus of music21 10.5.1 (extra ``chorales``); its encodings are not ours to pass on."
    ),
    pitfalls=(
        "The voices rarely rest and rarely cross: nearly every next note starts when the note "
        "ends. A quick check, not a challenge.",
    ),
    settings={
        "num_steps": 400,
        "validate_every": 100,
        "batch_size": 8,
    },
    is_smoke_test=True,
)

register_board(CHORALE_VOICE_SEPARATION)
