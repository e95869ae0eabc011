"""PARSE: a score file becomes a note table, and a note table a score file.

The only door to partitura, lxml, mido, music21, verovio and MuseScore: what enters is a path, an
address or a score of partitura, what leaves is a ``NoteTable``; ``write_score`` is the way back,
and ``engrave`` makes pictures of it.
"""

from musebench.score.augmentednet import AUGMENTEDNET_PARSER_VERSION, read_augmentednet
from musebench.score.dcml import DCML_PARSER_VERSION, DOUBLING_PART, read_dcml
from musebench.score.engrave import engrave
from musebench.score.estimators import estimate_key, estimate_voices
from musebench.score.fermatas import FERMATAS_VERSION, read_fermatas
from musebench.score.find import Scores, find_scores
from musebench.score.hands import join_hands
from musebench.score.match import MATCH_PARSER_VERSION, read_performances
from musebench.score.musicxml import EDITION
from musebench.score.pickup import estimate_pickup, set_pickup
from musebench.score.reader import (
    PARSER_VERSION,
    is_midi,
    read_played_midi,
    read_score,
)
from musebench.score.systems import Engraving, Heads, MeasureBox, System
from musebench.score.table import (
    BeatTable,
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)
from musebench.score.tidy import tidy_times
from musebench.score.writer import (
    MAX_VOICES,
    Mark,
    check_output,
    kept_voices,
    linked_voices,
    write_score,
)

__all__ = [
    "AUGMENTEDNET_PARSER_VERSION",
    "DCML_PARSER_VERSION",
    "DOUBLING_PART",
    "EDITION",
    "FERMATAS_VERSION",
    "MATCH_PARSER_VERSION",
    "MAX_VOICES",
    "PARSER_VERSION",
    "BeatTable",
    "Engraving",
    "Heads",
    "KeySignatureTable",
    "Mark",
    "MeasureBox",
    "MeasureTable",
    "NoteTable",
    "PartTable",
    "Scores",
    "System",
    "TimeSignatureTable",
    "check_output",
    "engrave",
    "estimate_key",
    "estimate_pickup",
    "estimate_voices",
    "find_scores",
    "is_midi",
    "join_hands",
    "kept_voices",
    "linked_voices",
    "read_augmentednet",
    "read_dcml",
    "read_fermatas",
    "read_performances",
    "read_played_midi",
    "read_score",
    "set_pickup",
    "tidy_times",
    "write_score",
]
