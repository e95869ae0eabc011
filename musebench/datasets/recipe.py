"""What the user's own callables do to a dataset, as text for its fingerprint."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any


def describe(value: Any) -> str:
    """Describe a transform or filter so that two which act differently differ.

    A function is described by its code, defaults and closure, an object by its class and
    attributes.
    """
    if inspect.isfunction(value):
        closure = [describe(cell.cell_contents) for cell in value.__closure__ or ()]
        return f"{_code(value)}({describe(value.__defaults__)}, {closure})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{describe(k)}: {describe(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(describe, value))}]"
    if isinstance(value, Callable) and hasattr(value, "__dict__"):  # type: ignore[arg-type]
        kind = value if inspect.isclass(value) else type(value)
        attributes = {} if inspect.isclass(value) else vars(value)
        return f"{kind.__module__}.{kind.__qualname__}({describe(attributes)})"
    return repr(value)


def _code(function: Any) -> str:
    code = function.__code__
    name = f"{function.__module__}.{function.__qualname__}"
    return f"{name}:{code.co_code.hex()}:{code.co_consts}:{code.co_names}"
