"""STORE: note tables on disk, once per corpus and parser version, without torch.

A corpus is stored as one folder ``notes/<corpus>-<fingerprint>`` in the data home: Arrow files of
a few scores each (*shards*), one row per score, named ``shard-<number>-<SHA-256>.arrow``;
``index.arrow``, where each score is and how large; ``unreadable-*.arrow``, scores that cannot be
read with reason and time, if there are any; and ``manifest.json``, which lists the files of the
folder and what they were made from. The fingerprint covers the corpus' files, the parser and the
form of the note table, so a change of any of them leads to another folder and nothing stale is
read. Shards are opened, and their bytes compared with their SHA-256, when they are first needed,
and are mapped into memory: a table is made from them on access. A folder is built next to its
place, under a lock, and then moved there; of a build that is killed, what is finished is kept.

Columns of a shard, each a list of rows per score: ``score`` (``divs_pq``), ``notes``, ``parts``,
``measures``, ``time_signatures``, ``key_signatures``, and for each kind of annotation
``labels/<kind>`` and ``counts/<kind>``.
"""

from musebench.store.build import Unreadable as Unreadable
from musebench.store.build import on_dask as on_dask
from musebench.store.folders import FINGERPRINT_LENGTH as FINGERPRINT_LENGTH
from musebench.store.folders import damage_of as damage_of
from musebench.store.folders import discard as discard
from musebench.store.folders import ensure_folder as ensure_folder
from musebench.store.folders import fingerprint_of as fingerprint_of
from musebench.store.folders import load_folder as load_folder
from musebench.store.folders import write_manifest as write_manifest
from musebench.store.index import largest_group as largest_group
from musebench.store.notes import NoteStore as NoteStore
from musebench.store.notes import board_recipe as board_recipe
from musebench.store.notes import labels_of as labels_of
from musebench.store.notes import load_board_notes as load_board_notes
from musebench.store.notes import load_notes as load_notes
from musebench.store.notes import nodes_of as nodes_of
from musebench.store.notes import notes_folder as notes_folder
from musebench.store.notes import notes_recipe as notes_recipe
from musebench.store.notes import opinions_of as opinions_of
from musebench.store.own import FILES as FILES
from musebench.store.own import OWN as OWN
from musebench.store.own import SCORES as SCORES
from musebench.store.own import Label as Label
from musebench.store.own import Labelled as Labelled
from musebench.store.own import OwnScores as OwnScores
from musebench.store.own import damages_of_own as damages_of_own
from musebench.store.own import load_own as load_own
from musebench.store.own import own_folder as own_folder
from musebench.store.own import unused_scores as unused_scores
from musebench.store.own import why_outdated as why_outdated
