"""The doors of musebench, a contract of import-linter: who may import which library, and whom.

A library is imported by the packages that the contract names for it. A package is entered by its
``__init__``: what others need of it is a name there. Names with an underscore stay in their module.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

import musebench

CORE = "_core"  # the module in C++ has doors as a library has
ALL = "*"


class Imported(NamedTuple):
    """An import: the module that imports and its line, from where, and which name."""

    importer: str
    line: int
    source: str
    member: str = ""


class Doors(Contract):
    """Its option ``libraries``: a line ``library: package package`` for each; ``*``: all."""

    type_name = "doors"
    libraries = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        """Look at the imports of all modules, those in functions included."""
        lines: Any = self.libraries
        doors = dict(line.split(": ") for line in lines)
        faults = list(faults_of(Path(musebench.__file__).parent, doors))
        return ContractCheck(kept=not faults, metadata={"faults": faults})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print a line per fault."""
        for fault in check.metadata["faults"]:
            output.print_error(fault)


def faults_of(folder: Path, doors: Mapping[str, str]) -> Iterator[str]:
    """What is imported past a door, in sentences.

    Args:
        folder: The package.
        doors: Library -> packages that may import it.
    """
    for found in imports_of(folder):
        place = f"{found.importer}, line {found.line}"
        package = f"{found.importer}.".split(".")[1]
        top, _, below = f"{found.source}.{found.member}".partition(".")
        library = CORE if top == folder.name and below.split(".")[0] == CORE else top
        if library == folder.name:
            yield from (f"{place}: {fault}" for fault in _faults_inside(folder, found))
        elif library not in sys.stdlib_module_names:
            packages = doors.get(library, "no package")
            if packages != ALL and package not in packages.split():
                yield f"{place}: {library} is for {packages}"


def _faults_inside(folder: Path, found: Imported) -> Iterator[str]:
    """What is wrong with the import of something that is in the package itself."""
    if found.member.startswith("_") and not found.member.endswith("__"):
        yield f"{found.member} is for {found.source} alone"
    parts = found.source.split(".")
    for end in range(2, len(parts) + 1):
        package, home = ".".join(parts[:end]), folder.joinpath(*parts[1:end])
        if home.is_dir() and not f"{found.importer}.".startswith(f"{package}."):
            is_module = any((home / name).exists() for name in (found.member, f"{found.member}.py"))
            is_past = is_module and found.member not in {"", *bound_names(home)}
            if end < len(parts) or is_past:
                yield f"{package} is entered by its __init__, not by {found.source} {found.member}"
            return


def imports_of(folder: Path) -> Iterator[Imported]:
    """All imports of a package."""
    for file in sorted(folder.rglob("*.py")):
        inside = file.relative_to(folder).with_suffix("").parts
        module = ".".join((folder.name, *inside)).removesuffix(".__init__")
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (Imported(module, node.lineno, part.name) for part in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = (part.name for part in node.names)
                yield from (Imported(module, node.lineno, node.module, name) for name in names)


def bound_names(home: Path) -> set[str]:
    """Names that a package imports or defines in its ``__init__``."""
    tree = ast.parse((home / "__init__.py").read_text("utf-8"))
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return defined | {part.asname or part.name for node in imports for part in node.names}
