"""The directive ``public-names MODULE``: all public names of a module with their docstrings.

Public is what a module defines without a leading underscore, and what a package imports by an equal
name (``import x as x``); of a package that makes its names, what ``__all__`` says.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from importlib import import_module
from textwrap import indent
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import musebench

LONGEST_VALUE = 160  # characters of a constant that is shown as it is
ARRAY = re.compile(  # how a type checker sees NDArray[...]
    r"~?numpy\.ndarray\[tuple\[~?typing\.Any, \.\.\.\], ~?numpy\.dtype\[([^\]]+)\]\]"
)
KINDS = {"class": "Classes", "function": "Functions", "exception": "Errors", "data": "Constants"}


def public_names(module: str) -> list[str]:
    """Public names of a module, in the order of their definition."""
    found = import_module(module)
    names = getattr(found, "__all__", None) or _defined_names(inspect.getsource(found))
    return [name for name in names if not name.startswith("_")]


def _defined_names(source: str) -> Iterator[str]:
    body = ast.parse(source).body
    in_ifs = [inner for node in body if isinstance(node, ast.If) for inner in node.body]
    for node in (*body, *(node for node in in_ifs if isinstance(node, ast.ImportFrom))):
        if isinstance(node, ast.ImportFrom):
            yield from (part.name for part in node.names if part.name == part.asname)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def kind_of(value: object) -> str:
    """Which of ``KINDS`` a value is."""
    if inspect.isclass(value) and not hasattr(value, "__origin__"):
        return "exception" if issubclass(value, BaseException) else "class"
    return "function" if inspect.isroutine(value) or hasattr(value, "__wrapped__") else "data"


def describe(value: object) -> str:
    """What a constant holds, in a line of reStructuredText."""
    if isinstance(value, Mapping):
        kinds = {type(inner).__name__ for inner in value.values()}
        keys = ", ".join(f"``{key}``" for key in value)
        return f"{' or '.join(sorted(kinds))} by name: {keys}."
    if is_dataclass(value) and hasattr(value, "name"):
        return f"The {type(value).__name__} ``{value.name}``."
    text = str(value) if hasattr(value, "__args__") else repr(value)
    short = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} ..."
    return f"``{short}``"


def reference(module: str) -> str:
    """The public names of a module as reStructuredText for autodoc."""
    found = import_module(module)
    parent = module.rpartition(".")[0]
    shown = () if parent in {"", "musebench"} else public_names(parent)
    by_kind: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for name in public_names(module):
        if name in shown:
            continue
        value = getattr(found, name)
        by_kind[kind_of(value)].append(_entry(module, name, value))
    sections = [
        "\n\n".join([f".. rubric:: {KINDS[kind]}", *entries])
        for kind, entries in by_kind.items()
        if entries
    ]
    return "\n\n".join([f".. automodule:: {module}\n   :no-members:", *sections])


def _entry(module: str, name: str, value: Any) -> str:
    kind = kind_of(value)
    if kind == "data":
        return f".. py:data:: {name}\n   :module: {module}\n\n{indent(describe(value), '   ')}"
    if kind != "class":
        return f".. auto{kind}:: {module}.{name}"
    # Fields stand in the docstring already.
    fields = [*getattr(value, "_fields", ()), *getattr(value, "__dataclass_fields__", ())]
    fields += ["model_config"] if hasattr(value, "model_config") else []
    options = [":members:", ":show-inheritance:", f":exclude-members: {', '.join(fields)}"]
    return "\n   ".join([f".. autoclass:: {module}.{name}", *options[: 2 + bool(fields)]])


class PublicNames(SphinxDirective):
    """All public names of a module."""

    required_arguments = 1
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        self.env.note_dependency(import_module(self.arguments[0]).__file__ or "")
        return self.parse_text_to_nodes(f"````{{eval-rst}}\n{reference(self.arguments[0])}\n````")


class TopNames(SphinxDirective):
    """The names of ``import musebench``, each with the page of its module."""

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        rows = [
            f"| {{py:obj}}`{name} <{home}.{name}>` | {_first_sentence(getattr(musebench, name))} |"
            for name, home in _homes()
        ]
        return self.parse_text_to_nodes("\n".join(["| name | what it is |", "|---|---|", *rows]))


def _homes() -> list[tuple[str, str]]:
    """Public names of musebench, and the module that each is documented with."""
    names = (name for name in musebench.__all__ if not name.startswith("_"))
    return sorted((name, musebench.HOMES.get(name, "musebench.datasets")) for name in names)


def _first_sentence(value: object) -> str:
    if isinstance(value, Mapping):
        return "The boards by name."
    return (inspect.getdoc(value) or "").partition("\n")[0]


def _shorten(*event: Any) -> tuple[str | None, str | None]:
    """Write the types of arrays in a signature as in the code."""
    *_, signature, returns = event
    return _with_arrays(signature), _with_arrays(returns)


def _with_arrays(text: str | None) -> str | None:
    return ARRAY.sub(r"NDArray[\1]", text) if text else text


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("public-names", PublicNames)
    app.add_directive("top-names", TopNames)
    app.connect("autodoc-process-signature", _shorten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
