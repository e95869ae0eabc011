"""APPLY: apply a model to any scores, with the result as a table or written into the scores."""

from musebench.applied.annotate_score import Annotated as Annotated
from musebench.applied.annotate_score import annotate as annotate
from musebench.applied.apply_model import apply as apply
from musebench.applied.arrange import is_unspelled as is_unspelled
from musebench.applied.arrange import line_numbers as line_numbers
from musebench.applied.arrange import prepare as prepare
from musebench.applied.choose import SPELLING as SPELLING
from musebench.applied.choose import SPELLING_RULE as SPELLING_RULE
from musebench.applied.choose import AnyModel as AnyModel
from musebench.applied.choose import choose_model as choose_model
from musebench.applied.choose import find_task as find_task
from musebench.applied.folder import TABLE_SUFFIXES as TABLE_SUFFIXES
from musebench.applied.folder import AppliedFolder as AppliedFolder
from musebench.applied.folder import apply_folder as apply_folder
from musebench.applied.folder import write_table as write_table
from musebench.applied.names import changes_at as changes_at
from musebench.applied.names import key_names as key_names
from musebench.applied.names import numerals_in_keys as numerals_in_keys
from musebench.applied.names import roman_numerals as roman_numerals
from musebench.applied.result import Applied as Applied
from musebench.applied.result import note_names as note_names
