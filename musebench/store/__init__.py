"""STORE: note tables on disk, once per corpus and parser version, without torch.

A corpus is stored as one folder ``notes/<corpus>-<fingerprint>`` in the data home: Arrow files of
a few hundred scores each (*shards*), one row per score, and ``manifest.json``, which lists the
files of the folder and what they were made from. The fingerprint covers the corpus' files, the
parser and the form of the note table, so a change of any of them leads to another folder and
nothing stale is read. Files are mapped into memory: a table is made from them on access. A folder
is built next to its place, under a lock, and then moved there; a killed build is resumed.

Columns of a shard, each a list of rows per score: ``score`` (``divs_pq``), ``notes``, ``parts``,
``measures``, ``time_signatures``, ``key_signatures``, and for each kind of annotation
``labels/<kind>`` and ``counts/<kind>``.
"""

from musebench.store.folders import (
    FINGERPRINT_LENGTH,
    damage_of,
    discard,
    ensure_folder,
    fingerprint_of,
    load_folder,
    write_manifest,
)
from musebench.store.notes import (
    NoteStore,
    board_recipe,
    labels_of,
    load_notes,
    notes_folder,
    notes_recipe,
)
from musebench.store.own import (
    OWN,
    Label,
    Labelled,
    OwnScores,
    damages_of_own,
    load_own,
    own_folder,
)

__all__ = [
    "FINGERPRINT_LENGTH",
    "OWN",
    "Label",
    "Labelled",
    "NoteStore",
    "OwnScores",
    "board_recipe",
    "damage_of",
    "damages_of_own",
    "discard",
    "ensure_folder",
    "fingerprint_of",
    "labels_of",
    "load_folder",
    "load_notes",
    "load_own",
    "notes_folder",
    "notes_recipe",
    "own_folder",
    "write_manifest",
]
