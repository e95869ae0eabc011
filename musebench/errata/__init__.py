"""Errata: what is known to be wrong in the published corpora, as data.

``<corpus>.csv`` has one row per error, and one per place that somebody looked at and found right.
Nothing of it enters a board: labels stay as they were published, unless the label scheme ``errata``
is chosen (``Evaluator(board, label_scheme="errata")``, ``musebench errata BOARD``). That scheme
applies the rows whose verdict is ``label wrong``. A row is about every corpus that is made from the
same repository.

Columns:
    ``corpus`` and ``piece``; ``measures`` by their printed numbers (``28-35`` or ``5``), empty for
    all; ``onset`` in quarter notes from the start of the score, such as ``47/3``, empty for all of
    the measures; ``pitch`` as a MIDI number, empty for all notes; ``head`` whose label it is, empty
    if the notes themselves are wrong, so that no label of a note or an onset counts there;
    ``label`` as it was published, empty for any; ``correct`` for the right class, empty if it is
    not known, so that the place does not count; ``verdict``, one of ``VERDICTS``; ``what`` is
    wrong, in a sentence; ``who`` says so; ``thread`` where it was reported, or empty.
"""

from musebench.errata.rows import COLUMNS as COLUMNS
from musebench.errata.rows import LABEL_WRONG as LABEL_WRONG
from musebench.errata.rows import VERDICTS as VERDICTS
from musebench.errata.rows import Erratum as Erratum
from musebench.errata.rows import correct_labels as correct_labels
from musebench.errata.rows import errata_of as errata_of
from musebench.errata.rows import read_errata as read_errata
from musebench.errata.rows import write_errata as write_errata
