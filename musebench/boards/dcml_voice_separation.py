"""Voice separation of trio sonatas, concertos for voices, and string quartets."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

DCML_VOICE_SEPARATION = Board(
    name="dcml-voice-separation",
    dataset="DCMLVoiceSeparation",
    corpus=CORPORA["dcml_ensembles"],
    task=TASKS["voice-separation"],
    version="2.0",
    about="next note of the same part, music for voices and instruments, Schütz to Mendelssohn",
    labels=(
        "Labels and inputs are those of ``ChoraleVoiceSeparation``; each staff is a part. Notes "
        "in double stops, grace notes, and notes of Corelli's organ have no label. Scores of which "
        "less than three quarters of the notes start alone in their part are left out."
    ),
    source=(
        "The Annotated Beethoven Corpus (Neuwirth et al., Frontiers in Digital Humanities 5, "
        "2018), Corelli's trio sonatas (Hentschel et al., ISMIR 2021), Schütz's Kleine geistliche "
        "Konzerte, Couperin's concerts and Mendelssohn's quartets (Hentschel et al., Scientific "
        "Data 12, 2025), of DCML; CC BY-NC-SA 4.0."
    ),
    pitfalls=(
        "A part is an instrument. In some places a quartet player has two lines on one staff that "
        "do not start together; their notes form one chain in order of onset.",
        "Corelli's organ (staff 4) mostly doubles the violone (staff 3). Where both sound the "
        "same, the organ's note is left out. Elsewhere its note is in the score without a label, "
        "because the rest of this part is fragments, not a voice.",
        "Half of the notes are Beethoven's, a fifth Mendelssohn's.",
    ),
    settings={
        "num_steps": 1000,
        "validate_every": 200,
        "batch_size": 8,
    },
)

register_board(DCML_VOICE_SEPARATION)
