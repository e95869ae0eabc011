"""How an object shows itself: a line in a terminal, a small table in a notebook.

Scores, graphs and results are large; what is shown of them are names and sizes.
"""

import html
import re
from collections.abc import Mapping, Sized
from dataclasses import fields
from numbers import Number
from pathlib import Path

MAX_TEXT = 100  # characters of a value
MAX_FACTS = 10


class Shown:
    """Gives a class a ``__repr__`` and a ``_repr_html_`` of its name and ``shown_facts``."""

    __slots__ = ()

    def shown_facts(self) -> Mapping[str, object]:
        """What is shown, by name; of a dataclass all fields."""
        return {of.name: getattr(self, of.name) for of in fields(self)}  # type: ignore[arg-type]

    def __repr__(self) -> str:
        """Name of the class, and the facts, on one line."""
        facts = (f"{name}={text}" for name, text in _brief_facts(self))
        return f"{type(self).__name__}({', '.join(facts)})"

    def _repr_html_(self) -> str:
        """The same as a table, as notebooks show it."""
        rows = "".join(
            f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
            for name, text in _brief_facts(self)
        )
        return f"<table><caption>{html.escape(type(self).__name__)}</caption>{rows}</table>"


def _brief_facts(shown: Shown) -> list[tuple[str, str]]:
    facts = list(shown.shown_facts().items())[:MAX_FACTS]
    return [(name, _clip(_brief(value))) for name, value in facts]


def _brief(value: object) -> str:
    """A value, or its size."""
    if value is None or isinstance(value, str | Number | Path):
        return repr(value) if isinstance(value, str) else str(value)
    if hasattr(value, "shape"):
        return str(list(value.shape))
    if isinstance(value, Mapping) and len(value) <= MAX_FACTS:
        return f"{{{', '.join(f'{name}: {_size(of)}' for name, of in value.items())}}}"
    if isinstance(value, tuple | list) and len(text := repr(value)) <= MAX_TEXT:
        return text
    return _size(value)


def _size(value: object) -> str:
    """The number of things in a value; of what holds none its name, or itself."""
    if isinstance(value, Sized) and not isinstance(value, str):
        return str(len(value)) if isinstance(value, tuple | list) else f"{len(value)} items"
    if isinstance(value, str | Number):
        return str(value)
    return str(getattr(value, "name", getattr(value, "__name__", type(value).__name__)))


def _clip(text: str) -> str:
    text = re.sub(r"\s+", " ", text)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."
