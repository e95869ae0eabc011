"""The house: sizes, names, doors, and that what the README shows works."""

import ast
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import musebench

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "musebench").rglob("*.py"))
MAX_FUNCTION, MAX_FILE = 40, 500


def python(code, **environment):
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment or None
    )


def lines_without_docstring(function):
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        docstring = body[0].end_lineno - body[0].lineno + 1
    else:
        docstring = 0
    return function.end_lineno - function.lineno + 1 - docstring


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_fit_on_a_screen(module):
    text = module.read_text("utf-8")
    assert len(text.splitlines()) <= MAX_FILE
    for node in ast.walk(ast.parse(text)):
        # An __init__ is a signature and its checks; commands are mostly options.
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
            assert lines_without_docstring(node) <= MAX_FUNCTION, node.name


def test_there_is_no_room_for_leftovers():
    names = {path.stem for path in MODULES}
    assert not names & {"utils", "util", "common", "helpers", "misc"}


def test_the_core_has_two_doors():
    doors = {
        module.relative_to(ROOT / "musebench").parts[0].removesuffix(".py")
        for module in MODULES
        if re.search(r"import _core|musebench\._core", module.read_text("utf-8"))
    }
    assert doors <= {"graph", "loader", "datasets"}  # the datasets read its version only


def test_cpp_files_fit_and_only_bindings_know_python():
    sources = [*ROOT.glob("csrc/*.?pp")]
    assert sources
    for source in sources:
        text = source.read_text("utf-8")
        assert len(text.splitlines()) <= MAX_FILE
        assert ("pybind11" in text) == (source.name == "bindings.cpp")


def test_there_is_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == musebench.__version__


def test_what_is_pinned_is_what_is_promised():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [Requirement(line) for line in chain(project["dependencies"], *extras)]
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    pinned = {canonicalize_name(name): version for name, version in pinned.items()}
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        if name != "musebench":
            assert name in pinned, f"constraints.txt does not name {name}"
            assert requirement.specifier.contains(pinned[name]), requirement


def test_every_lower_bound_is_one_version():
    done = subprocess.run(
        [sys.executable, ".ci/lower_bounds.py", "--torch", "9.9"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    pins = dict(line.split("==") for line in done.stdout.splitlines())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert pins.keys() >= {Requirement(line).name for line in project["dependencies"]}
    assert pins["torch"] == "9.9"
    for line in project["dependencies"]:
        requirement = Requirement(line)
        if requirement.name != "torch":
            assert f">={pins[requirement.name]}" in line


def test_importing_musebench_imports_nothing_heavy():
    code = (
        "import sys, musebench\n"
        "print({'torch', 'torch_geometric', 'pandas', 'numpy', 'partitura'} & set(sys.modules))"
    )
    assert python(code).stdout.strip() == "set()"


def test_every_public_name_is_there():
    assert set(musebench.__all__) <= set(dir(musebench))
    for name in musebench.__all__:
        assert getattr(musebench, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        musebench.nothing  # noqa: B018


def test_scores_are_checked_without_torch(chorale_home):
    """The whole way from stored note tables to metrics, with torch made unimportable."""
    code = f"""
import sys
sys.modules["torch"] = sys.modules["torch_geometric"] = None
from musebench import Evaluator
from musebench.evaluation.targets import load_targets
from musebench.boards import find_board
board = find_board("chorale-pitch-spelling")
targets = load_targets(board, "test", "official", {str(chorale_home)!r})
predictions = {{t.piece_id: dict(t.labels) for t in targets}}
print(Evaluator(board.name, root={str(chorale_home)!r}).eval({{"y_pred": predictions}})["accuracy"])
from musebench.card import write_card
assert write_card(board, {str(chorale_home)!r}).startswith("# chorale-pitch-spelling")
"""
    done = python(code)
    assert done.stdout.strip() == "1.0", done.stderr


def test_the_python_of_the_readme_runs(chorale_home, monkeypatch, tmp_path):
    monkeypatch.setenv("MUSEBENCH_DATA", str(chorale_home))
    monkeypatch.chdir(tmp_path)
    snippets = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert snippets
    namespace = {"__name__": "readme"}
    for snippet in snippets:
        exec(compile(snippet, "README.md", "exec"), namespace)


def test_the_commands_of_the_readme_exist():
    text = (ROOT / "README.md").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert (
        {"quickstart", "test"} <= set(re.findall(r"^make ([a-z]+)", text, re.MULTILINE)) <= targets
    )
    from musebench.cli.app import app

    commands = {c.name or c.callback.__name__ for c in app.registered_commands}
    for group in app.registered_groups:
        inner = group.typer_instance.registered_commands
        commands |= {f"{group.name} {c.name or c.callback.__name__}" for c in inner}
    texts = [text, *(page.read_text("utf-8") for page in (ROOT / "docs").rglob("*.md"))]
    named = re.findall(
        r"^musebench (submit [a-z]+|leaderboard [a-z]+|plot [a-z]+|[a-z]+)", "\n".join(texts), re.M
    )
    assert named
    assert set(named) <= commands
