# Written by tools/write_derived.py from the declarations; change those.
from musebench.applied import annotate as annotate
from musebench.applied import apply as apply
from musebench.boards import BOARDS as BOARDS
from musebench.datasets import ScoreFolder as ScoreFolder
from musebench.datasets import list_datasets as list_datasets
from musebench.datasets import load as load
from musebench.datasets.classes import ASAPPerformance as ASAPPerformance
from musebench.datasets.classes import ASAPPitchSpelling as ASAPPitchSpelling
from musebench.datasets.classes import ASAPStaffSeparation as ASAPStaffSeparation
from musebench.datasets.classes import AugmentedNetRomanNumeral as AugmentedNetRomanNumeral
from musebench.datasets.classes import ChoralePhrase as ChoralePhrase
from musebench.datasets.classes import ChoralePitchSpelling as ChoralePitchSpelling
from musebench.datasets.classes import ChoraleVoiceSeparation as ChoraleVoiceSeparation
from musebench.datasets.classes import DCMLCadence as DCMLCadence
from musebench.datasets.classes import DCMLComposer as DCMLComposer
from musebench.datasets.classes import DCMLPhrase as DCMLPhrase
from musebench.datasets.classes import DCMLRomanNumeral as DCMLRomanNumeral
from musebench.datasets.classes import DCMLVoiceSeparation as DCMLVoiceSeparation
from musebench.datasets.classes import LiederMelody as LiederMelody
from musebench.datasets.classes import OpenScorePitchSpelling as OpenScorePitchSpelling
from musebench.datasets.classes import OpenScoreStaffSeparation as OpenScoreStaffSeparation
from musebench.datasets.classes import OpenScoreVoiceSeparation as OpenScoreVoiceSeparation
from musebench.evaluation import Evaluator as Evaluator
from musebench.graph import ScoreGraph as ScoreGraph
from musebench.graph import build_graph as build_graph
from musebench.graph import candidate_pairs as candidate_pairs
from musebench.loader import MuseNeighborLoader as MuseNeighborLoader
from musebench.score import read_score as read_score
from musebench.score import write_score as write_score
from musebench.see import view as view
from musebench.train import from_pretrained as from_pretrained

HOMES: dict[str, str]
__version__: str
