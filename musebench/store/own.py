"""Scores of a user: each is parsed once by its content, and kept for every dataset that has it.

``own/scores`` in the data home has the shards: ``shard-<SHA-256>.arrow``, in which a score is
called after its key, that of what it was read from (content of its files, format, versions), and
``unreadable-<SHA-256>.arrow``: why others cannot be read. A dataset is a small folder
``own/<name>-<fingerprint>``: a shard of the labels that it gives to the scores, and ``about.json``.
So a build that was killed goes on where it was, and a file that was added or changed is parsed
alone. Whatever is in ``own`` may be removed; it is made again.

``own/files/<name>.json`` remembers the SHA-256 of each file as long as the system says that the
file is the same.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import FORMATS, OnsetLabels, Reading
from musebench.corpora import data_home, locked, storing_in
from musebench.errors import InputError, ScoreWarning
from musebench.files import is_file, is_folder, replacing, sha256_of, why_unreadable
from musebench.score import OTHERS_VERSION, split_number
from musebench.store.build import (
    SHARD,
    UNREADABLE,
    ShardTask,
    Unreadable,
    make_shards,
    shares,
    unreadable_in,
    without,
)
from musebench.store.columns import columns_of_labels, read_labels_of, read_table
from musebench.store.folders import ensure_folder, fingerprint_of, load_folder
from musebench.store.index import largest_group
from musebench.store.notes import STORE_VERSION, LazyMapping, NoteStore
from musebench.store.shards import (
    Columns,
    Place,
    Row,
    Rows,
    hash_in_name,
    is_intact,
    read_columns,
    write_shard,
)

logger = logging.getLogger(__name__)

SECONDS_OF_A_DAY = 86_400
SCORES, FILES = "scores", "files"  # the folders of all scores, and of what files were last time
OWN = "own"  # their place in the data home, and what their labels are called
ABOUT = "about.json"
LABELS_PER_SHARD = 4096  # scores; labels are small
FORM = "2"  # of these files; raise it when it changes
UNSURE_NS = 2_000_000_000  # a file may be written again within the resolution of its time
REMARKS = "remarks"  # column of a score: what was mended or left out in it
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
        cls,
        name: str,
        files: Mapping[str, tuple[Path, ...]],
        format_: str,
        labels: str,
        root: str | Path | None = None,
    ) -> Self:
        """Look at the content of all files; what it was is remembered in the data home."""
        read_as, keys, unreadable = _read_as(format_), {}, {}
        with _remembered(data_home(root) / OWN / FILES / f"{name}.json") as hash_of:
            for piece_id, paths in files.items():
                try:
                    keys[piece_id] = _key_of(paths, read_as, hash_of)
                except OSError as error:
                    unreadable[piece_id] = f"it cannot be read ({error.strerror or error})"
        return cls(name, files, format_, labels, keys, unreadable)

    @property
    def recipe(self) -> dict[str, Any]:
        """All that their note tables and labels depend on."""
        content = json.dumps([sorted(self.keys.items()), sorted(self.unreadable.items())])
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        return {"own": self.name, "scores": sha256, "labels": self.labels}


@contextmanager
def _remembered(file: Path) -> Iterator[Callable[[Path], str]]:
    """The SHA-256 of files, of which those that are the same are not read again."""
    known: dict[str, list[Any]] = {}
    with suppress(OSError, ValueError):
        known = json.loads(file.read_text("utf-8"))
    now: dict[str, list[Any]] = {}

    def hash_of(path: Path) -> str:
        of = path.stat()
        state = [of.st_size, of.st_mtime_ns, of.st_ctime_ns, of.st_ino]
        was = known.get(str(path), [[], "", 0])
        if was[0] != state or max(state[1:3]) + UNSURE_NS > was[2]:
            was = [state, sha256_of(path), time.time_ns()]
        now[str(path)] = was
        return str(was[1])

    yield hash_of
    if now != known:
        with suppress(OSError, UnicodeEncodeError):  # it is only quicker with it
            file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(file) as unfinished:
                unfinished.write_text(json.dumps(now), "utf-8")


def _read_as(format_: str) -> dict[str, str]:
    """How files are read and kept: format and versions."""
    versions = {"form": FORM, "others": OTHERS_VERSION, "store": STORE_VERSION}
    return {"format": format_, **versions, **FORMATS.find(format_).recipe}


def _key_of(
    paths: Sequence[Path], read_as: Mapping[str, str], hash_of: Callable[[Path], str] = sha256_of
) -> str:
    """What the content of files, and how it is read, is known by."""
    contents = [_content_of(path, hash_of) for path in paths]
    return fingerprint_of({**read_as, "files": contents})


def _content_of(path: Path, hash_of: Callable[[Path], str]) -> list[str | int]:
    """Suffix and SHA-256 of a regular file (a pipe would be waited for), and which score in it."""
    file, number = split_number(path)
    if is_folder(file):
        msg = "the folder cannot be listed"
        raise OSError(msg)
    if reason := why_unreadable(file):
        raise OSError(reason)
    found = (Path(file).suffix.lower(), hash_of(Path(file)))
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
        ``unreadable`` (piece id and ``Unreadable``), ``unlabelled`` and ``remarks`` (piece id and
        a sentence), and what ``label`` told.

    Raises:
        InputError: If no score is left; or there is no ``label`` and they are not stored.
        StorageError: If the data home cannot be written or is full.
    """
    place = own_folder(scores, root)
    kept = _Kept(place.parent / SCORES, scores, n_jobs, label is None)
    kept.fill(force_reload=force_reload)

    def build(folder: Path) -> None:
        if label is None:
            raise InputError(kept.gone)
        _build(folder, scores, kept, label)

    def read(folder: Path) -> tuple[NoteStore, dict[str, Any]]:
        return _read(
            folder, scores, kept, partial(ensure_folder, place, scores.recipe, build, deep=True)
        )

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
    """The shards without a score of any current dataset; one of today may yet get one."""
    home = data_home(root) / OWN
    used = set[str]()
    for file in home.glob(f"[!.]*/{ABOUT}"):
        if not why_outdated(file.parent):
            used.update(json.loads(file.read_text("utf-8"))["keys"])
    yesterday = time.time() - SECONDS_OF_A_DAY
    return [
        file
        for file in sorted((home / SCORES).glob("[!.]*.arrow"))
        if file.stat().st_mtime < yesterday and used.isdisjoint(_keys_in(file))
    ]


def damages_of_own(scores: OwnScores, root: str | Path | None = None) -> list[str]:
    """What is wrong with the stored scores, in sentences; their labels are ``damage_of``'s."""
    folder = own_folder(scores, root).parent / SCORES
    places, unreadable = _find_kept(folder)
    places = {key: place for key, place in places.items() if key in set(scores.keys.values())}
    damaged = {file for file in {place.file for place in places.values()} if not is_intact(file)}
    return [
        f"{folder}: the file of {name!r} is missing or was changed."
        for name, key in scores.keys.items()
        if key not in unreadable and (key not in places or places[key].file in damaged)
    ]


class _Kept:
    """The scores of a user that are kept, by their keys.

    Args:
        folder: Where they are.
        scores: The scores.
        n_jobs: Shards read at a time.
        is_complete: Whether all of them must be there.
    """

    def __init__(
        self, folder: Path, scores: OwnScores, n_jobs: int | None, is_complete: bool
    ) -> None:
        self.folder, self.scores, self.n_jobs, self.is_complete = (
            folder,
            scores,
            n_jobs,
            is_complete,
        )
        home = own_folder(scores, folder.parent.parent)
        self.gone = f"what {home} had is gone or damaged; make the dataset of these scores again."
        self.rows = Rows(self._find, self._mend)

    def _find(self) -> Mapping[str, Place]:
        places, self.unreadable = _find_kept(self.folder)
        return places

    def fill(self, *, force_reload: bool = False) -> None:
        """Read the scores that are not kept yet; each is kept as soon as its shard is written."""
        names = {key: name for name, key in self.scores.keys.items()}
        if not force_reload:
            self._forget(names)
        if names and self.is_complete:
            raise InputError(self.gone)
        if not names:
            return
        with storing_in(self.folder), locked(self.folder):
            self.folder.mkdir(exist_ok=True)
            for half_written in self.folder.glob("*.part"):
                half_written.unlink()
            if not force_reload:  # another process may have read them meanwhile
                self._forget(names)
            self._read(list(names.items()))
        self.rows = Rows(self._find, self._mend)

    def _forget(self, names: dict[str, str]) -> None:
        found = self._find()
        for key in [key for key in names if key in found or key in self.unreadable]:
            del names[key]

    def _read(self, missing: Sequence[tuple[str, str]]) -> None:
        read = FORMATS.find(self.scores.format).read
        check = partial(_check_unchanged, _read_as(self.scores.format))
        tasks = [
            ShardTask(
                self.folder,
                "",
                [(key, self.scores.files[name]) for key, name in of_shard],
                read,
                REMARKS,
                _remarks,
                check,
            )
            for of_shard in shares(missing)
        ]
        make_shards(tasks, self.scores.name, self.n_jobs)

    def _mend(self, file: Path) -> None:
        """Read the scores of a damaged shard again."""
        paths = [path for name in self.scores.keys for path in self.scores.files[name]]
        if not all(is_file(split_number(path)[0]) for path in paths):
            raise InputError(self.gone)
        logger.warning("%s is missing or was changed; reading its scores again.", file)
        with storing_in(self.folder):
            file.unlink(missing_ok=True)
        self.is_complete = False
        self.fill()


def _find_kept(folder: Path) -> tuple[dict[str, Place], dict[str, Unreadable]]:
    """Key -> where it is, of the scores that are kept; and those that cannot be read."""
    places: dict[str, Place] = {}
    unreadable: dict[str, Unreadable] = {}
    files = sorted(folder.glob("[!.]*-*.arrow"), key=lambda file: file.stat().st_mtime_ns)
    for file in files:
        if file.name.startswith(UNREADABLE):
            unreadable |= unreadable_in(file) if is_intact(file) else {}
            continue
        sha256 = hash_in_name(file)
        places |= {key: Place(file, sha256, i) for i, key in enumerate(_keys_in(file))}
    return places, unreadable


def _keys_in(file: Path) -> Sequence[str]:
    """The keys of the scores in a shard; none if it is damaged: its scores are read again."""
    try:
        return _keys_at(file, file.stat().st_mtime_ns)
    except (OSError, ValueError):
        return ()


@cache
def _keys_at(file: Path, modified_ns: int) -> Sequence[str]:  # noqa: ARG001 (part of the key)
    return tuple(read_columns(file, ["piece_id"])["piece_id"])


def _check_unchanged(read_as: Mapping[str, str], key: str, paths: Sequence[Path]) -> None:
    if _key_of(paths, read_as) != key:
        msg = f"{paths[0]} was changed while it was read; make the dataset again."
        raise InputError(msg)


def _remarks(paths: Sequence[Path], said: Sequence[ScoreWarning]) -> Columns:
    """What the reader of a score mended or left out, in sentences."""
    return {"text": np.array([without(paths, str(warning)) for warning in said], np.str_)}


def _build(folder: Path, scores: OwnScores, kept: _Kept, label: Label) -> None:
    """Label the scores and write the labels."""
    for old in folder.iterdir():
        old.unlink()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    unreadable = {name: Unreadable(why, 0.0, now) for name, why in scores.unreadable.items()}
    unreadable |= {n: kept.unreadable[k] for n, k in scores.keys.items() if k in kept.unreadable}
    readable = {name: key for name, key in scores.keys.items() if key not in kept.unreadable}
    labelled = label(LazyMapping(readable, lambda name: _reading(kept.rows[readable[name]])))
    reasons = {name: why.reason for name, why in unreadable.items()} | dict(labelled.reasons)
    if not labelled.labels:
        shown = "; ".join(f"{name}: {why}" for name, why in list(reasons.items())[:MOST_SHOWN])
        msg = f"of the {len(scores.files)} scores none can be used ({shown.removesuffix('.')})."
        raise InputError(msg)
    names = list(labelled.labels)
    for start in range(0, len(names), LABELS_PER_SHARD):
        part = names[start : start + LABELS_PER_SHARD]
        own = [{OWN: OnsetLabels(found)} if (found := labelled.labels[n]) else {} for n in part]
        write_shard(folder, f"{SHARD}-{start:08d}", part, columns_of_labels(own))
    remarks, sizes = [], {}
    for name, key in readable.items():
        row = kept.rows[key]
        remarks += [(name, text) for text in row[REMARKS]["text"].tolist()]
        if name in labelled.labels:
            sizes[name] = (row.length("notes"), largest_group(row["notes"]["onset_div"]))
    about = {
        "read_as": _read_as(scores.format),
        "keys": sorted(scores.keys.values()),
        "unreadable": [(name, *astuple(why)) for name, why in sorted(unreadable.items())],
        "unlabelled": sorted(labelled.reasons.items()),
        REMARKS: remarks,
        "sizes": {name: sizes[name] for name in names},
        **labelled.about,
    }
    (folder / ABOUT).write_text(json.dumps(about), "utf-8")


def _reading(row: Row) -> Reading:
    return read_table(row), read_labels_of(row)


def _read(
    folder: Path, scores: OwnScores, kept: _Kept, mend: Callable[[], None]
) -> tuple[NoteStore, dict[str, Any]]:
    about = json.loads((folder / ABOUT).read_text("utf-8"))
    sizes = about["sizes"]

    def find() -> dict[str, Place]:
        files = [(file, hash_in_name(file)) for file in sorted(folder.glob(f"{SHARD}-*.arrow"))]
        at = ((*files[i // LABELS_PER_SHARD], i % LABELS_PER_SHARD) for i in range(len(sizes)))
        return {name: Place(*place) for name, place in zip(sizes, at, strict=True)}

    labels = Rows(find, lambda _: mend())
    store = NoteStore(
        fingerprint_of(scores.recipe),
        LazyMapping(sizes, lambda name: read_table(kept.rows[scores.keys[name]])),
        {name: size[0] for name, size in sizes.items()},
        LazyMapping(sizes, lambda name: read_labels_of(labels[name])),
        largest_chords={name: size[1] for name, size in sizes.items()},
    )
    return store, about
