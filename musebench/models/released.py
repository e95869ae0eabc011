"""The registry of the weights that ship, and where their files are. Needs no torch.

``weights/weights.tsv`` has one line per board. Weights with the licence of the code lie beside it,
so they are part of musebench; all others are the distribution ``musebench-models``, whose package
``musebench_models`` has nothing but them. Each file has its card, ``.md``, beside it. ``musebench
release`` writes files, cards and lines.
"""

import hashlib
import importlib.util
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import musebench
from musebench.boards import BOARDS
from musebench.errors import REPOSITORY, InputError, IntegrityError, NoPretrainedModelError
from musebench.files import NOTHING, kind_of, make_folder, read_file, read_text, write_file
from musebench.tables import TAB, rows_of, rows_to_text

CODE_LICENSE = "MIT"
DISTRIBUTION, PACKAGE = "musebench-models", "musebench_models"
FREE_PLACE, OTHER_PLACE = "musebench/models/weights", f"{DISTRIBUTION}/{PACKAGE}"  # in a clone
REGISTRY_NAME = "weights.tsv"
REGISTRY: Traversable = files("musebench.models").joinpath("weights", REGISTRY_NAME)
HOW_TO_INSTALL = (
    f'type `pip install "{DISTRIBUTION} @ git+https://github.com/{REPOSITORY}@v{musebench.__version__}'
    f'#subdirectory={DISTRIBUTION}"`, or `pip install ./{DISTRIBUTION}` in a clone'
)


@dataclass(frozen=True)
class Weights:
    """Weights that ship: a line of the registry.

    Attributes:
        board: The board on whose training split, fold 0, they were trained.
        version: The version of that board.
        model: Name of the model.
        license: SPDX identifier of their licence.
        num_notes: Number of notes that they were trained on.
        size: Bytes of the file.
        sha256: SHA-256 of the file in hexadecimal.
    """

    board: str
    version: str
    model: str
    license: str
    num_notes: int
    size: int
    sha256: str

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"{self.board}.safetensors"

    @property
    def is_free(self) -> bool:
        """Whether they have the licence of the code, and are part of musebench."""
        return self.license == CODE_LICENSE

    @property
    def is_current(self) -> bool:
        """Whether their board still has the version that they were trained on."""
        return self.board in BOARDS and BOARDS[self.board].version == self.version

    @property
    def place(self) -> str:
        """Folder of the file in a clone."""
        return FREE_PLACE if self.is_free else OTHER_PLACE

    def path(self) -> Path:
        """The installed file, which is the one of the registry.

        Raises:
            NoPretrainedModelError: If its package is not installed.
            IntegrityError: If it is missing or another one.
        """
        file = self._folder() / self.file
        try:
            found = hashlib.sha256(read_file(file)).hexdigest()
        except InputError as error:
            msg = f"{error} {self._again}"
            raise IntegrityError(msg) from error
        if found != self.sha256:
            msg = f"{file} is not the file of this musebench (its SHA-256 differs). {self._again}"
            raise IntegrityError(msg)
        return file

    def _folder(self) -> Path:
        folder = Path(str(REGISTRY)).parent if self.is_free else others_folder()
        if folder is None:
            msg = (
                f"the weights of {self.board} are in the package {DISTRIBUTION} ({self.license}), "
                f"which is not installed; {HOW_TO_INSTALL}."
            )
            raise NoPretrainedModelError(msg)
        return folder

    @property
    def _again(self) -> str:
        if self.is_free:
            return "Install musebench again."
        return f"Install {DISTRIBUTION} of the same version as musebench: {HOW_TO_INSTALL}."


def others_folder() -> Path | None:
    """Folder of the weights under other licences; None if musebench-models is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    found = spec.submodule_search_locations if spec else None
    return Path(found[0]) if found else None


COLUMNS = tuple(field.name for field in fields(Weights))


def read_weights(registry: Path | None = None) -> list[Weights]:
    """Read a registry of weights, by default that of the package.

    Raises:
        InputError: If the file is not a registry.
    """
    text = read_text(registry) if registry else REGISTRY.read_text("utf-8")
    return rows_of(text, registry or REGISTRY, COLUMNS, _weights_of, TAB)


def _weights_of(
    board: str, version: str, model: str, license: str, num_notes: str, size: str, sha256: str
) -> Weights:
    return Weights(board, version, model, license, int(num_notes), int(size), sha256)


def write_weights(clone: Path, made: Iterable[Weights]) -> None:
    """Write lines into the registry of a clone, in the place of those of the same boards."""
    file = make_folder(clone / FREE_PLACE) / REGISTRY_NAME
    known = read_weights(file) if kind_of(file) != NOTHING else []
    lines = {found.board: astuple(found) for found in (*known, *made)}
    write_file(file, rows_to_text(COLUMNS, (lines[board] for board in sorted(lines)), TAB).encode())


def find_released(name: str) -> Weights | None:
    """The weights of a board or a task; None if there are none.

    Of the boards of a task: weights of musebench-models come first where that is installed, as it
    has to be asked for; then those of musebench. Of several in one package, those that were trained
    on most notes. Weights of an earlier version of their board come last.

    Args:
        name: Name of a board, or name or short name of a task.
    """
    fitting = [found for found in read_weights() if name in _names(found)]
    return max(fitting, key=_preference, default=None)


def _preference(weights: Weights) -> tuple[bool, bool, bool, int]:
    installed = weights.is_free or others_folder() is not None
    return weights.is_current, installed, not weights.is_free, weights.num_notes


def _names(weights: Weights) -> tuple[str, ...]:
    if weights.board not in BOARDS:
        return (weights.board,)
    task = BOARDS[weights.board].task
    return (weights.board, task.name, *task.aliases)
