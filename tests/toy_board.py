"""A board of the own toy scores, for tests that build a dataset in a moment.

It is a module and no fixture, so that processes which tests start can register it, too.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pytest

from musebench import splits
from musebench.boards import BOARDS, Board
from musebench.corpora import Corpus, RegistryFile
from musebench.tasks import PITCH_SPELLING

DATA = Path(__file__).parent / "data"
NAMES = {"divisions": "train", "duet": "valid", "piano": "test"}


@dataclass(frozen=True)
class ToyCorpus(Corpus):
    """Its registry is what is in the folder."""

    @cached_property
    def registry(self):
        files = {f"{name}.musicxml": DATA / f"{name}.musicxml" for name in NAMES}
        return {
            path: RegistryFile(file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest())
            for path, file in files.items()
        }


CORPUS = ToyCorpus(
    name="toy",
    title="the toy scores",
    repository="own/toy",
    commit="0" * 40,
    license="CC0-1.0",
    citation="@misc{toy}",
    files=("{piece_id}.musicxml",),
)
BOARD = Board(name="toy-board", corpus=CORPUS, task=PITCH_SPELLING, version="1.0", about="toys")
PIECE_OF_FOLD = ("piano", "duet", "divisions")
PIECES = pd.DataFrame(
    [(name, f"work-{name}", "Anon", name, split, "") for name, split in NAMES.items()],
    columns=["piece_id", "work_id", "composer", "title", "split_official", "exclusion"],
)


def fold(patch: pytest.MonkeyPatch) -> None:
    """Let the registered board have a fold per piece."""
    folded = PIECES.assign(fold=[str(PIECE_OF_FOLD.index(name)) for name in PIECES["piece_id"]])
    read = splits._read
    patch.setattr(splits, "_read", lambda name: folded if name == BOARD.name else read(name))


def register(patch: pytest.MonkeyPatch, mirror: Path) -> None:
    """Offer the board as if it were one of musebench's, its files in a mirror."""
    read = splits._read
    patch.setattr(splits, "_read", lambda name: PIECES if name == BOARD.name else read(name))
    patch.setitem(BOARDS, BOARD.name, BOARD)
    folder = mirror / CORPUS.folder
    folder.mkdir(parents=True, exist_ok=True)
    for path in CORPUS.registry:
        (folder / path).write_bytes((DATA / path).read_bytes())
    patch.setenv("MUSEBENCH_MIRROR", str(mirror))
    patch.setenv("MUSEBENCH_OFFLINE", "1")


def dataset_class():
    """The class of its dataset; torch is imported only here."""
    from musebench.datasets import dataset_class

    return dataset_class(BOARD)


def unchanged(graph):
    """A transform that changes nothing, but whose graphs are stored."""
    return graph


def only_folder(home, kind):
    (folder,) = (path for path in (home / kind).iterdir() if path.is_dir())
    return folder


def only_shard(home):
    (file,) = only_folder(home, "notes").glob("shard-*.arrow")
    return file


def hashes(home):
    files = [
        only_shard(home),
        only_folder(home, "graphs") / "graphs.safetensors",
    ]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def flip_a_bit(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
