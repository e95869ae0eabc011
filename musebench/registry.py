"""Lists of declarations that other packages can add to.

A corpus, format, task, board, metric, rule or learned model is declared once and registers itself
where it is declared. The declarations of musebench are in the modules of one of its packages. Those
of other packages are in the modules that they name in the entry-point group ``musebench``::

    [project.entry-points.musebench]
    toys = "musebench_toys"

Both are imported when they are needed: musebench's own when a registry is first used, those of
other packages when it is listed or does not know a name. Modules that need torch belong in the
group ``musebench.models``, which is imported only when learned models are looked up.
"""

import difflib
import importlib.metadata
import pkgutil
import warnings
from collections.abc import Iterable, Iterator, MutableMapping
from functools import cache
from importlib import import_module
from itertools import chain
from types import ModuleType
from typing import TypeVar

from musebench.errors import InputError

GROUP, GROUP_OF_MODELS = "musebench", "musebench.models"

Value = TypeVar("Value")


@cache
def _pending(group: str) -> list[importlib.metadata.EntryPoint]:
    """Entry points of a group that have not been imported yet."""
    return list(importlib.metadata.entry_points(group=group))


def load_plugins(group: str = GROUP) -> None:
    """Import the modules that other packages name in an entry-point group; warn of broken ones."""
    while _pending(group):
        entry = _pending(group).pop(0)  # before the import, which may list a registry
        try:
            _check_has_code(entry.load())
        except (Exception, SystemExit) as error:
            package = entry.dist.name if entry.dist else entry.value
            msg = (
                f"the package {package} extends musebench and cannot be loaded "
                f"({type(error).__name__}: {error}); it is ignored."
            )
            warnings.warn(msg, stacklevel=2)


def _check_has_code(loaded: object) -> None:
    """Refuse a mere folder that has the name of a module, which Python finds before the module."""
    if isinstance(loaded, ModuleType) and getattr(loaded, "__file__", None) is None:
        folder = next(iter(loaded.__path__))
        msg = f"the folder {folder} has its name and no code; start Python in another folder"
        raise ImportError(msg)


def what_there_is(name: object, known: Iterable[str], named: Iterable[str] | None = None) -> str:
    """The end of a sentence about a name that is not known: what was probably meant, or all.

    Args:
        name: What was given.
        known: All names that are known.
        named: Those that are named where none is near; None: all.
    """
    by_letters = {text.lower(): text for text in known}
    near = difflib.get_close_matches(str(name).lower(), by_letters, n=1)
    if near:
        return f"did you mean {by_letters[near[0]]!r}?"
    others = ", ".join(by_letters.values() if named is None else named)
    return f"there are {others}." if others else "none is registered."


class Registry(MutableMapping[str, Value]):
    """Declarations by name, in the order of their names.

    Args:
        kind: What is declared, in words, for messages.
        home: Package whose modules contain musebench's own declarations.
        groups: Entry-point groups in which other packages name their modules.
    """

    def __init__(self, kind: str, home: str, groups: tuple[str, ...] = (GROUP,)) -> None:
        self.kind = kind
        self.home = home
        self.groups = groups
        self._known: dict[str, Value] = {}
        self._is_loaded = False

    def add(self, name: str, value: Value) -> Value:
        """Register a declaration and return it.

        Raises:
            InputError: If the name is taken.
        """
        if name in self._known:
            msg = f"there is already a {self.kind} {name!r}; choose another name."
            raise InputError(msg)
        self._known[name] = value
        return value

    def find(self, name: str) -> Value:
        """Return the declaration of this name.

        Raises:
            InputError: If there is none; the message suggests a similar name.
        """
        if name not in self:
            msg = f"there is no {self.kind} {name!r}; {what_there_is(name, self)}"
            raise InputError(msg)
        return self._known[name]

    def by_constant(self, module: str, constant: str) -> Value:
        """Return the declaration whose name in capitals this is, for a module's ``__getattr__``.

        Raises:
            AttributeError: If there is none.
        """
        self._load()
        for name in chain(list(self._known), self) if constant.isupper() else ():
            if constant == name.replace("-", "_").upper():
                return self._known[name]
        msg = f"module {module!r} has no attribute {constant!r}"
        raise AttributeError(msg)

    def _load(self) -> None:
        """Import musebench's own declarations, which may use this registry while they load."""
        if not self._is_loaded:
            self._is_loaded = True
            for module in pkgutil.iter_modules(import_module(self.home).__path__):
                import_module(f"{self.home}.{module.name}")

    def _load_others(self) -> None:
        for group in self.groups:
            load_plugins(group)

    def __getitem__(self, name: str) -> Value:
        """Return the declaration of this name; KeyError if there is none."""
        self._load()
        if name not in self._known:
            self._load_others()
        return self._known[name]

    def __setitem__(self, name: str, value: Value) -> None:
        """Register a declaration, replacing any other of this name."""
        self._load()
        self._known[name] = value

    def __delitem__(self, name: str) -> None:
        """Forget a declaration."""
        self._load()
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        """Names of all declarations, sorted."""
        self._load()
        self._load_others()
        return iter(sorted(self._known))

    def __len__(self) -> int:
        """Number of declarations."""
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        """Kind and names."""
        return f"Registry({self.kind}: {', '.join(self)})"
