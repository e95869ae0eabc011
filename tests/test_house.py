"""The house: sizes, names, doors, and that what the README shows works."""

import ast
import importlib.util
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
from musebench.annotations import FORMATS
from musebench.boards import BOARDS
from musebench.corpora import CORPORA, Collection, CombinedCorpus
from musebench.models import ENCODERS, RULES
from musebench.models.rules import EVERY_TASK

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for top in ("musebench", "tools") for path in (ROOT / top).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MAX_FUNCTION, MAX_FILE, MAX_BOARD = 40, 500, 40


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


def test_files_of_tests_fit_too():
    lines = {file: len(file.read_text("utf-8").splitlines()) for file in TESTS}
    assert [str(file) for file, number in lines.items() if number > MAX_FILE] == []


def test_there_is_no_room_for_leftovers():
    names = {path.stem for path in (*MODULES, *TESTS)}
    assert not names & {"utils", "util", "common", "helpers", "misc"}


def _subclasses(cls):
    return {cls.__name__}.union(*map(_subclasses, cls.__subclasses__()))


DECLARED = re.compile(r"\b(board|task|corpus|piece|found|member|model|rule|metric|other|asked)\b")


def is_literal(node):
    """Whether a string, or several, stand in the source."""
    return any(isinstance(inner, ast.Constant) for inner in ast.walk(node))


def is_one_of_them(node):
    """Whether this is a declaration itself, such as ``PHRASE`` or ``TASKS["phrase"]``."""
    registries = {"BOARDS", "CORPORA", "TASKS"}
    match node:
        case ast.Subscript(value=ast.Name(name)):
            return name in registries
        case ast.Name(name):
            return name.isupper() and name not in registries
    return False


def special_cases(text):
    """Lines that ask which declaration something is: of what class a corpus, of what name."""
    corpora = _subclasses(Collection) | {CombinedCorpus.__name__}
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Name("isinstance" | "issubclass" | "type")):
                wrong = corpora & {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            case ast.Compare(left=ast.Attribute(attr="name" | "dataset") as left):
                literal = any(map(is_literal, node.comparators))
                wrong = literal and DECLARED.search(ast.unparse(left))
            case ast.Compare(left=ast.Name() | ast.Attribute(), ops=[ast.Is() | ast.IsNot()]):
                of_declaration = DECLARED.search(ast.unparse(node.left))
                wrong = of_declaration and is_one_of_them(node.comparators[0])
            case ast.Match(subject=ast.Attribute(attr="name")):
                wrong = True
            case _:
                wrong = False
        if wrong:
            yield node.lineno


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_declaration_is_a_special_case(module):
    assert list(special_cases(module.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "isinstance(corpus, PackagedCorpus)",
        "isinstance(corpus, Corpus | CombinedCorpus)",
        'task.name == "cadence"',
        'self.task.name in {"cadence", "phrase"}',
        'board.name != "toy"',
        'task is TASKS["phrase"]',
        "other is not PHRASE",
        'match task.name:\n    case "cadence":\n        pass',
    ],
)
def test_special_cases_are_found(line):
    assert list(special_cases(line)) == [1]


# Where declarations are made, and the scripts of makers of boards.
DECLARING = {"boards", "makers"}
DATA = {path for path in (ROOT / "musebench").rglob("*.toml") if "page" not in path.parts}


def names_by_kind():
    """Names of what is declared, and cannot be mistaken for other words, by kind."""
    return {
        "boards": set(BOARDS),
        "datasets": {board.dataset for board in BOARDS.values()},
        "corpora": set(CORPORA),
        "formats": set(FORMATS),
        "models": set(ENCODERS),
        # Rules of every task are also kinds of entries.
        "rules": {key.partition("/")[2] for key in RULES if not key.startswith(EVERY_TASK)},
    }


def lists_by_hand(text):
    """Lines with a list, or keys of a dict, of two or more names of one kind."""
    kinds = names_by_kind().values()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                pass
            case ast.Dict(keys=parts):
                pass
            case _:
                continue
        listed = {part.value for part in parts if isinstance(part, ast.Constant)}
        if any(len(listed & names) > 1 for names in kinds):
            yield node.lineno


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_list_of_declarations_is_kept_by_hand(module):
    if module.parent.name not in DECLARING:
        assert list(lists_by_hand(module.read_text("utf-8"))) == []


def test_lists_by_hand_are_found():
    for text in (
        'a = ("asap-performance", "dcml-phrase")',
        '__all__ = ["x", "LiederMelody", "DCMLPhrase"]',
        'RULES = {"krumhansl": 1, "ps13s1": 2}',
    ):
        assert list(lists_by_hand(text)) == [1]
    assert list(lists_by_hand('a = ["mlp", "dcml-phrase"]')) == []


def test_no_table_of_settings_is_kept_by_board_or_model():
    names = set.union(*names_by_kind().values())
    assert DATA
    for file in DATA:
        assert not names & tomllib.loads(file.read_text("utf-8")).keys(), file


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_is_one_short_file(board):
    """Not counted are the settings that keep entries of an earlier version reproducible."""
    text = (ROOT / "musebench" / "boards" / f"{board.replace('-', '_')}.py").read_text("utf-8")
    settings = (
        node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.keyword) and node.arg == "settings"
    )
    assert len(text.splitlines()) - sum(settings) <= MAX_BOARD


def test_what_follows_from_declarations_is_up_to_date():
    spec = importlib.util.spec_from_file_location("derived", ROOT / "tools" / "write_derived.py")
    derived = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(derived)
    for file, write in derived.DERIVED.items():
        assert file.read_text("utf-8") == write(), "run tools/write_derived.py"


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


UNITS = "note|piece|score|seed|graph|board|file|row|onset|class|run|model|relation|epoch"
UNITS += "|system|format|track|channel|performance"
TURNS = re.compile(
    r"\banew\b|\bsuperfluous\b|\bwhose like\b|\bbut for (?!each|all)"
    r"|\b(?:not to|cannot) be had\b|\bcomes twice\b|\bmay be left out\b|\bless is better\b"
    r"|\bnot as it should be\b|(?<!there )\bis no (?!longer|such)[a-z]"
    rf"|\b(?:one|a) \w+ an? (?:{UNITS})\b",
    re.IGNORECASE,
)
PROSE = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *MODULES, *ROOT.glob("csrc/*.?pp")]


@pytest.mark.parametrize("file", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_words_are_the_usual_ones(file):
    """Write "again", "unexpected", "except", "one row per note", "is not a"."""
    text = " ".join(file.read_text("utf-8").split())
    found = [text[max(m.start() - 30, 0) : m.end() + 20] for m in TURNS.finditer(text)]
    assert file.name == "CHANGELOG.md" or not found
