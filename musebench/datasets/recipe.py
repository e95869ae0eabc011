"""What the user's own callables do to a dataset, as text for its fingerprint.

Two callables that act differently must not share a description, so it covers the code and all that
the code refers to; installed packages by name and version. What a function imports inside itself is
covered by name only.
"""

import functools
import hashlib
import importlib.metadata
import inspect
import sys
from collections.abc import Iterable, Mapping
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch

from musebench.errors import InputError

DIGEST_LENGTH = 16
# Of the attributes of a class, those that say nothing of what it does or differ between processes.
SILENT_ATTRIBUTES = {
    "__annotations__",
    "__dict__",
    "__doc__",
    "__firstlineno__",
    "__static_attributes__",
    "__weakref__",
    "_abc_impl",
}


def describe(value: Any) -> str:
    """Describe a transform or filter so that two which act differently differ.

    A function is described by its code, defaults, closure and the globals it uses, an object by its
    class and its state.

    Args:
        value: A function, a callable object, or None.

    Raises:
        InputError: If the value contains an object that cannot be fingerprinted, such as an open
            file.
    """
    if value is None:
        return "None"
    kind = value if hasattr(value, "__qualname__") else type(value)
    text = _Description().of(value).encode("utf-8", "backslashreplace")
    digest = hashlib.sha256(text).hexdigest()[:DIGEST_LENGTH]
    return f"{kind.__module__}.{kind.__qualname__}:{digest}"


class _Description:
    """A walk through a value and all that it refers to."""

    def __init__(self) -> None:
        self.above: list[int] = []  # the values that hold the present one, which may hold them
        self.seen: dict[int, int] = {}  # functions and classes, which are described once

    def of(self, value: Any) -> str:
        if value is None or isinstance(value, bool | int | float | complex | str | bytes):
            return repr(value)
        if isinstance(value, FunctionType) or inspect.isclass(value):
            if id(value) in self.seen:
                return f"<{self.seen[id(value)]}>"
            self.seen[id(value)] = len(self.seen)
            return self._function(value) if isinstance(value, FunctionType) else self._class(value)
        if id(value) in self.above:
            return f"<{len(self.above) - self.above.index(id(value))} above>"
        self.above.append(id(value))
        try:
            return self._data(value)
        finally:
            self.above.pop()

    def all(self, values: Iterable[Any]) -> str:
        return ", ".join(self.of(value) for value in values)

    def _data(self, value: Any) -> str:
        kind = type(value).__name__
        match value:
            case ModuleType():
                content = f"{value.__name__} {_version(value.__name__)}"
            case set() | frozenset():
                content = str(sorted(self.of(item) for item in value))
            case list() | tuple():
                content = self.all(value)
            case Mapping():
                content = "; ".join(self.all(item) for item in value.items())
            case torch.Tensor():
                content = self.of(value.detach().cpu().numpy())
            case np.ndarray() if not value.dtype.hasobject:
                sha256 = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
                content = f"{value.dtype} {value.shape} {sha256}"
            case MethodType():
                content = self.all((value.__func__, value.__self__))
            case staticmethod() | classmethod():
                content = self.of(value.__func__)
            case property():
                content = self.all((value.fget, value.fset))
            case functools.partial():
                content = self.all((value.func, value.args, value.keywords))
            case _:
                content = self._object(value)
        return f"{kind} [{content}]"

    def _function(self, function: FunctionType) -> str:
        name = f"function {function.__module__}.{function.__qualname__}"
        if version := _version(function.__module__):
            return f"{name} {version}"
        cells = function.__closure__ or ()
        parts = (
            function.__defaults__,
            function.__kwdefaults__,
            [cell.cell_contents for cell in cells if cell != type(cell)()],
            _looked_up(_names(function.__code__), function.__globals__),
        )
        return f"{name} {self._code(function.__code__)} {self.all(parts)}"

    def _code(self, code: CodeType) -> str:
        constants = (
            self._code(constant) if isinstance(constant, CodeType) else self.of(constant)
            for constant in code.co_consts
        )
        return f"{code.co_code.hex()} {code.co_names} {code.co_freevars} {', '.join(constants)}"

    def _class(self, kind: type) -> str:
        name = f"class {kind.__module__}.{kind.__qualname__}"
        if version := _version(kind.__module__):
            return f"{name} {version}"
        own = {key: item for key, item in vars(kind).items() if key not in SILENT_ATTRIBUTES}
        return f"{name} {self.all(kind.__bases__)} {self.of(own)}"

    def _object(self, value: Any) -> str:
        """As pickle has it: what makes such an object, and its state."""
        version = _version(getattr(value, "__module__", None))
        if version and hasattr(value, "__qualname__"):  # a function that is not written in Python
            return f"{value.__module__}.{value.__qualname__} {version}"
        try:
            reduced = value.__reduce_ex__(4)
        except TypeError as error:
            msg = (
                f"what {value!r} does cannot be told from its content ({error}), so that what it "
                "makes could not be told from something else; use functions and plain values."
            )
            raise InputError(msg) from error
        if isinstance(reduced, str):
            return f"global {reduced}"
        return f"object {self.all(list(p) if hasattr(p, '__next__') else p for p in reduced)}"


def _names(code: CodeType) -> set[str]:
    """Names that a function and the functions inside it look up outside."""
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def _looked_up(names: set[str], known: Mapping[str, Any]) -> dict[str, Any]:
    """What these names are, also inside modules that are the user's own."""
    found: dict[str, Any] = {}
    for name in sorted(names & known.keys()):
        found[name] = known[name]
        if isinstance(known[name], ModuleType) and not _version(known[name].__name__):
            found[f"in {name}"] = _looked_up(names - {name}, vars(known[name]))
    return found


@functools.cache
def _version(module: str | None) -> str:
    """What a module is installed with, and its version; empty for the user's own code."""
    root = (module or "").partition(".")[0]
    if root in sys.stdlib_module_names:
        return f"of Python {sys.version_info.major}.{sys.version_info.minor}"
    names = () if root == "musebench" else _distributions().get(root, ())
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)


@functools.cache
def _distributions() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()
