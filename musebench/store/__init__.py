"""STORE: note tables on disk, once per corpus and parser version, without torch.

A corpus is stored as one folder ``notes/<corpus>-<fingerprint>`` in the data home: Arrow files of
a few hundred scores each (*shards*), a row per score, and ``manifest.json``, which says what is in
the folder and from what it was made. The fingerprint covers the corpus' files, the parser and the
form of the note table, so a change of any of them makes another folder and nothing stale is read.
Files are mapped into memory: a table is made from them when it is asked for. A folder is built
beside its place, under a lock, and moved there whole; a build that was killed is resumed.

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

__all__ = [
    "FINGERPRINT_LENGTH",
    "NoteStore",
    "board_recipe",
    "damage_of",
    "discard",
    "ensure_folder",
    "fingerprint_of",
    "labels_of",
    "load_folder",
    "load_notes",
    "notes_folder",
    "notes_recipe",
    "write_manifest",
]
