"""Voice separation of string quartets of the long 19th century; free for any use."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

OPENSCORE_VOICE_SEPARATION = Board(
    name="openscore-voice-separation",
    dataset="OpenScoreVoiceSeparation",
    corpus=CORPORA["string_quartets"],
    task=TASKS["voice-separation"],
    version="2.0",
    about="next note of the same instrument, string quartets from Haydn to Schulhoff",
    labels=(
        "Labels and inputs are those of ``ChoraleVoiceSeparation``; each instrument is a part. "
        "Notes in double stops and grace notes have no label. Quartets of which less than three "
        "quarters of the notes start alone in their part are left out. Anyone may use the scores, "
        "and what is trained on them, for anything."
    ),
    source='The "OpenScore String Quartet" Corpus: Gotham et al., DLfM 2023; CC0 1.0.',
    pitfalls=(
        "A part is an instrument. In some places a player has two lines on one staff that do not "
        "start together; their notes form one chain in order of onset.",
    ),
    settings={"num_steps": 1000, "validate_every": 200, "batch_size": 8},
)

register_board(OPENSCORE_VOICE_SEPARATION)
