"""APPLY: apply a model to any scores, with the result as a table or written into the scores."""

from musebench.applied.apply_model import apply
from musebench.applied.folder import TABLE_SUFFIXES, AppliedFolder, apply_folder, write_table
from musebench.applied.result import Applied

__all__ = [
    "TABLE_SUFFIXES",
    "Applied",
    "AppliedFolder",
    "apply",
    "apply_folder",
    "write_table",
]
