"""PARSE: a score file becomes a note table, and a note table a score file.

The only door to partitura, lxml, mido, music21, verovio and MuseScore: what enters is a path, an
address or a score of partitura, what leaves is a ``NoteTable``; ``write_score`` is the way back,
and ``engrave`` makes pictures of it.
"""

from musebench.score.augmentednet import AUGMENTEDNET_PARSER_VERSION as AUGMENTEDNET_PARSER_VERSION
from musebench.score.augmentednet import read_augmentednet as read_augmentednet
from musebench.score.dcml import DCML_PARSER_VERSION as DCML_PARSER_VERSION
from musebench.score.dcml import DOUBLING_PART as DOUBLING_PART
from musebench.score.dcml import read_dcml as read_dcml
from musebench.score.dcml import read_measure_starts as read_measure_starts
from musebench.score.engrave import SYSTEM_WIDTH as SYSTEM_WIDTH
from musebench.score.engrave import engrave as engrave
from musebench.score.errors import Refusal as Refusal
from musebench.score.errors import naming as naming
from musebench.score.estimators import estimate_key as estimate_key
from musebench.score.estimators import estimate_voices as estimate_voices
from musebench.score.fermatas import FERMATAS_VERSION as FERMATAS_VERSION
from musebench.score.fermatas import read_fermatas as read_fermatas
from musebench.score.find import Scores as Scores
from musebench.score.find import find_scores as find_scores
from musebench.score.hands import join_hands as join_hands
from musebench.score.hands import keyboard_parts as keyboard_parts
from musebench.score.match import MATCH_PARSER_VERSION as MATCH_PARSER_VERSION
from musebench.score.match import Parameters as Parameters
from musebench.score.match import read_performances as read_performances
from musebench.score.pickup import estimate_pickup as estimate_pickup
from musebench.score.pickup import set_pickup as set_pickup
from musebench.score.reader import OTHERS_VERSION as OTHERS_VERSION
from musebench.score.reader import PARSER_VERSION as PARSER_VERSION
from musebench.score.reader import is_midi as is_midi
from musebench.score.reader import read_played_midi as read_played_midi
from musebench.score.reader import read_score as read_score
from musebench.score.source import split_number as split_number
from musebench.score.systems import Engraving as Engraving
from musebench.score.systems import Heads as Heads
from musebench.score.systems import MeasureBox as MeasureBox
from musebench.score.systems import System as System
from musebench.score.table import BeatTable as BeatTable
from musebench.score.table import KeySignatureTable as KeySignatureTable
from musebench.score.table import MeasureTable as MeasureTable
from musebench.score.table import NoteTable as NoteTable
from musebench.score.table import PartTable as PartTable
from musebench.score.table import TimeSignatureTable as TimeSignatureTable
from musebench.score.tidy import tidy_times as tidy_times
from musebench.score.tsv import Columns as Columns
from musebench.score.tsv import fractions as fractions
from musebench.score.tsv import numbers as numbers
from musebench.score.tsv import read_columns as read_columns
from musebench.score.unisons import unison_of_notes as unison_of_notes
from musebench.score.unisons import unite_unisons as unite_unisons
from musebench.score.writer import MAX_VOICES as MAX_VOICES
from musebench.score.writer import Degree as Degree
from musebench.score.writer import Harmony as Harmony
from musebench.score.writer import Mark as Mark
from musebench.score.writer import check_output as check_output
from musebench.score.writer import kept_voices as kept_voices
from musebench.score.writer import linked_voices as linked_voices
from musebench.score.writer import write_score as write_score
