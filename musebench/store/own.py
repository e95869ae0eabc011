"""Scores of a user: each is parsed once by its content, and kept for every dataset that has it.

``own/scores`` in the data home has an Arrow file per score, ``<key>.<SHA-256>.arrow``: the key is
that of what it was read from (content of its files, format, versions), the hash its own. It is a
shard of that score; of one that cannot be read, of the reason alone. A dataset is a small folder
``own/<name>-<fingerprint>``: a shard of the labels that it gives to the scores, and ``about.json``.
So a build that was killed goes on where it was, and a file that was added or changed is parsed
alone. Whatever is in ``own`` may be removed; it is made again.
"""

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from joblib import Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from musebench.annotations import COUNTS, FORMATS, OnsetLabels, Reading
from musebench.corpora import data_home, locked, storing_in
from musebench.errors import AnnotationError, InputError, ScoreError, ScoreWarning
from musebench.files import is_folder, sha256_of, why_unreadable
from musebench.score import NoteTable, split_number
from musebench.store.folders import fingerprint_of, load_folder
from musebench.store.notes import (
    STORE_VERSION,
    Labels,
    LazyMapping,
    NoteStore,
    columns_of,
    columns_of_labels,
    jobs_of,
    read_labels_of,
    read_table,
)
from musebench.store.shards import Row, Shard, list_column, write_shard

SECONDS_OF_A_DAY = 86_400
SCORES = "scores"  # the folder of all scores
OWN = "own"  # their place in the data home, and what their labels are called
ABOUT, LABELS = "about.json", "labels.arrow"
REMARKS = "remarks"  # column of a score: what was mended or left out in it
COMPRESSION = "lz4"  # of a score: halves its file, and is read as fast
MOST_SHOWN = 3


@dataclass(frozen=True)
class Labelled:
    """The labels of scores.

    Attributes:
        labels: Piece id -> head -> labels; of pieces that have some.
        reasons: Piece id -> why it has none; of the others.
        about: What else is to be known of them, for JSON.
    """

    labels: Mapping[str, Mapping[str, NDArray[Any]]]
    reasons: Mapping[str, str]
    about: Mapping[str, Any]


Label = Callable[[Mapping[str, Reading]], Labelled]


@dataclass(frozen=True)
class OwnScores:
    """Scores of a user, and what their labels follow from.

    Attributes:
        name: What they are called.
        files: Piece id -> paths of its files.
        format: How they are read, one of ``FORMATS``.
        labels: What the labels follow from, in words that differ if the labels do.
        keys: Piece id -> what its files contain, and how it is read; of the pieces whose files can
            be opened.
        unreadable: Piece id -> why its files cannot be opened.
    """

    name: str
    files: Mapping[str, tuple[Path, ...]]
    format: str
    labels: str
    keys: Mapping[str, str]
    unreadable: Mapping[str, str]

    @classmethod
    def found(
        cls, name: str, files: Mapping[str, tuple[Path, ...]], format_: str, labels: str
    ) -> Self:
        """Look at the content of all files."""
        read_as, keys, unreadable = _read_as(format_), {}, {}
        for piece_id, paths in files.items():
            try:
                keys[piece_id] = _key_of(paths, read_as)
            except OSError as error:
                unreadable[piece_id] = f"it cannot be read ({error.strerror or error})"
        return cls(name, files, format_, labels, keys, unreadable)

    @property
    def recipe(self) -> dict[str, Any]:
        """All that their note tables and labels depend on."""
        content = json.dumps([sorted(self.keys.items()), sorted(self.unreadable.items())])
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        return {"own": self.name, "scores": sha256, "labels": self.labels}


def _read_as(format_: str) -> dict[str, str]:
    """How files are read: format and versions."""
    return {"format": format_, "store": STORE_VERSION, **FORMATS.find(format_).recipe}


def _key_of(paths: Sequence[Path], read_as: Mapping[str, str]) -> str:
    """What the content of files, and how it is read, is known by."""
    return fingerprint_of({**read_as, "files": [_content_of(path) for path in paths]})


def _content_of(path: Path) -> list[str | int]:
    """Suffix and SHA-256 of a regular file (a pipe would be waited for), and which score in it."""
    file, number = split_number(path)
    if is_folder(file):
        msg = "the folder cannot be listed"
        raise OSError(msg)
    if reason := why_unreadable(file):
        raise OSError(reason)
    found = (Path(file).suffix.lower(), sha256_of(Path(file)))
    return [*found] if number is None else [*found, number]


def load_own(
    scores: OwnScores,
    label: Label | None,
    root: str | Path | None = None,
    n_jobs: int | None = None,
    *,
    force_reload: bool = False,
) -> tuple[NoteStore, dict[str, Any]]:
    """Load the note tables and labels of a user's scores, parsing those that are new.

    Args:
        scores: The scores.
        label: Gives the scores that can be read their labels; None: all must be stored already.
        root: The data home.
        n_jobs: Scores parsed at a time; None: all cores.
        force_reload: Parse all of them again.

    Returns:
        The note tables, with the labels as annotation ``OWN``; and what there is to be known:
        ``unreadable``, ``unlabelled`` and ``remarks`` (pairs of a piece id and a sentence), and
        what ``label`` told.

    Raises:
        InputError: If no score is left; or there is no ``label`` and they are not stored.
        StorageError: If the data home cannot be written or is full.
    """

    def build(folder: Path) -> None:
        if label is None:
            raise InputError(gone)
        _build(folder, scores, kept, label)

    place = own_folder(scores, root)
    gone = f"what {place} had is gone or damaged; make the dataset of these scores again."
    kept = _find_kept(place.parent / SCORES, {} if force_reload else scores.keys)
    if missing := {name: key for name, key in scores.keys.items() if key not in kept}:
        if label is None:
            raise InputError(gone)
        folder = place.parent / SCORES
        kept |= _parse(scores, missing, folder, n_jobs, force_reload=force_reload)
    read = partial(_read, scores=scores, kept=kept)
    return load_folder(place, scores.recipe, build, read, force_reload=force_reload)


def own_folder(scores: OwnScores, root: str | Path | None = None) -> Path:
    """Where the labels of a user's scores belong."""
    return data_home(root) / OWN / f"{scores.name}-{fingerprint_of(scores.recipe)}"


def why_outdated(folder: Path) -> str:
    """Why a folder of labels is no longer used; empty if it is current."""
    try:
        about = json.loads((folder / ABOUT).read_text("utf-8"))
        return "" if about["read_as"] == _read_as(about["read_as"]["format"]) else "another parser"
    except (OSError, ValueError, LookupError, TypeError, InputError):
        return "it does not say how its scores were read"


def unused_scores(root: str | Path | None = None) -> list[Path]:
    """The files of scores that no current dataset has; a score of today may yet get one."""
    home = data_home(root) / OWN
    used = set[str]()
    for file in home.glob(f"[!.]*/{ABOUT}"):
        if not why_outdated(file.parent):
            used.update(json.loads(file.read_text("utf-8"))["keys"])
    yesterday = time.time() - SECONDS_OF_A_DAY
    return [
        file
        for file in sorted((home / SCORES).glob("[!.]*.*.arrow"))
        if file.name.partition(".")[0] not in used and file.stat().st_mtime < yesterday
    ]


def damages_of_own(scores: OwnScores, root: str | Path | None = None) -> list[str]:
    """What is wrong with the stored scores, in sentences; their labels are ``damage_of``'s."""
    folder = own_folder(scores, root).parent / SCORES
    kept = _find_kept(folder, scores.keys)
    return [
        f"{folder}: the file of {name!r} is missing or was changed."
        for name, key in scores.keys.items()
        if key not in kept
    ]


def _find_kept(folder: Path, keys: Mapping[str, str]) -> dict[str, Path]:
    """Key -> file, of the scores among these that are kept and undamaged."""
    wanted = set(keys.values())
    files = [(file.name.split("."), file) for file in sorted(folder.glob("[!.]*.*.arrow"))]
    return {
        key: file
        for (key, sha256, *_), file in files
        if key in wanted and sha256_of(file) == sha256
    }


def _parse(
    scores: OwnScores,
    missing: Mapping[str, str],
    folder: Path,
    n_jobs: int | None,
    *,
    force_reload: bool,
) -> dict[str, Path]:
    """Parse scores, several at a time; each is kept as soon as it is read."""
    with storing_in(folder), locked(folder):
        folder.mkdir(exist_ok=True)
        for half_written in folder.glob("*.part"):
            half_written.unlink()
        wanted = {} if force_reload else missing
        kept = _find_kept(folder, wanted)  # another process may have read them meanwhile
        files = {key: scores.files[name] for name, key in missing.items() if key not in kept}
        num_jobs = jobs_of(n_jobs) if len(files) > 1 else 1
        parsed = Parallel(n_jobs=num_jobs, return_as="generator_unordered")(
            delayed(_keep)(scores.format, paths, folder, key) for key, paths in files.items()
        )
        bar = tqdm(parsed, f"{scores.name}: scores", len(files), disable=None, leave=False)
        return kept | dict(bar)


def _keep(format_: str, paths: Sequence[Path], folder: Path, key: str) -> tuple[str, Path]:
    """Read a score and write it, or why it cannot be read, into a file of its own."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ScoreWarning)
        try:
            reading = FORMATS.find(format_).read(paths)
        except (ScoreError, AnnotationError) as error:
            name, columns = _without(paths, str(error)), {}
        else:
            remarks = np.array([_without(paths, str(warning.message)) for warning in found], str)
            columns = columns_of([reading])
            columns[REMARKS] = list_column([{"text": remarks}], {"text": pa.string()})
            name = key
    if _key_of(paths, _read_as(format_)) != key:
        msg = f"{paths[0]} was changed while it was read; make the dataset again."
        raise InputError(msg)
    file = folder / f"{key}.arrow.part"
    write_shard(file, [name], columns, COMPRESSION)
    return key, file.rename(folder / f"{key}.{sha256_of(file)}.arrow")


def _without(paths: Sequence[Path], sentence: str) -> str:
    """A sentence without the file that it begins with: there may be others of its content."""
    for path in paths:
        sentence = sentence.removeprefix(f"{path}: ")
    return sentence


def _build(folder: Path, scores: OwnScores, kept: Mapping[str, Path], label: Label) -> None:
    """Label the scores and write the labels."""
    unreadable, remarks, readable = dict(scores.unreadable), [], dict[str, Path]()
    for piece_id, key in scores.keys.items():
        shard = Shard(kept[key])
        if not shard.columns:
            unreadable[piece_id] = shard.piece_ids[0]
            continue
        readable[piece_id] = kept[key]
        remarks += [(piece_id, text) for text in Row(shard, 0)[REMARKS]["text"].tolist()]
    labelled = label(LazyMapping({name: partial(_reading, at) for name, at in readable.items()}))
    left_out = unreadable | dict(labelled.reasons)
    if not labelled.labels:
        shown = "; ".join(f"{name}: {why}" for name, why in list(left_out.items())[:MOST_SHOWN])
        msg = f"of the {len(scores.files)} scores none can be used ({shown.removesuffix('.')})."
        raise InputError(msg)
    own = [{OWN: _as_labels(found)} if found else {} for found in labelled.labels.values()]
    write_shard(folder / LABELS, list(labelled.labels), columns_of_labels(own))
    about = {
        "read_as": _read_as(scores.format),
        "keys": sorted(scores.keys.values()),
        "unreadable": sorted(unreadable.items()),
        "unlabelled": sorted(labelled.reasons.items()),
        REMARKS: remarks,
        "num_notes": {
            name: Row(Shard(readable[name]), 0).length("notes") for name in labelled.labels
        },
        **labelled.about,
    }
    (folder / ABOUT).write_text(json.dumps(about), "utf-8")


def _as_labels(found: Mapping[str, NDArray[Any]]) -> OnsetLabels:
    return OnsetLabels(found, dict.fromkeys(COUNTS, 0))


def _reading(file: Path) -> Reading:
    row = Row(Shard(file), 0)
    return read_table(row), read_labels_of(row)


def _read(
    folder: Path, scores: OwnScores, kept: Mapping[str, Path]
) -> tuple[NoteStore, dict[str, Any]]:
    about = json.loads((folder / ABOUT).read_text("utf-8"))
    shard = Shard(folder / LABELS)
    rows = {name: Row(shard, index) for index, name in enumerate(shard.piece_ids)}
    labels: dict[str, Callable[[], Labels]] = {
        name: partial(read_labels_of, row) for name, row in rows.items()
    }
    store = NoteStore(
        fingerprint_of(scores.recipe),
        LazyMapping({name: partial(_table, kept[scores.keys[name]]) for name in rows}),
        about["num_notes"],
        LazyMapping(labels),
    )
    return store, about


def _table(file: Path) -> NoteTable:
    return read_table(Row(Shard(file), 0))
