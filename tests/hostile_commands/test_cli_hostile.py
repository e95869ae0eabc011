"""Every command, beside names and values that nobody should have to think of."""

import inspect
import json
import os
import resource
import shutil
from itertools import product
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from typer.models import ArgumentInfo, OptionInfo

import toy_board
from commands_by_hand import BOARD, ENTRY, NPZ, RUN, SMALL
from musebench.cli.app import app
from test_files import KINDS, make

# Of a title that is longer than the picture.
pytestmark = pytest.mark.filterwarnings("ignore:constrained_layout not applied:UserWarning")
FORESEEN = {0, 2, 3, 4, 5}
# Command -> arguments with which it ends well. What is a file in the world is copied to odd names.
BASE: dict[str, dict[str, Any]] = {
    "card": {"board": BOARD},
    "cite": {"boards": [BOARD]},
    "download": {"boards": [BOARD]},
    "verify": {"boards": [BOARD]},
    "clean": {"boards": [BOARD]},
    "release": {"runs": [RUN], "output": "assets"},
    "search": {"board": BOARD, "model": "mlp", "trials": 1, "runs": "found", "changes": SMALL},
    "license": {"board": BOARD},
    "stats": {"board": BOARD, "plot": "figures"},
    "apply": {
        "task": "pitch-spelling",
        "score": "score.musicxml",
        "output": "out.musicxml",
        "model": f"{RUN}/best.pt",
    },
    "annotate": {
        "score": "score.musicxml",
        "output": "out.musicxml",
        "page": "out.html",
        "model": ["cadence=v-i-bass"],
    },
    "view": {
        "source": "score.musicxml",
        "output": "out.html",
        "task": "pitch-spelling",
        "model": f"{RUN}/best.pt",
        "roll": True,
    },
    "compare": {"a": NPZ, "b": ENTRY},
    "ceiling": {"board": BOARD},
    "audit": {"board": BOARD, "output": "audited"},
    "errata": {"board": BOARD},
    "power": {"board": BOARD, "delta": 0.1, "entries": ("entry", "entry")},
    "list": {},
    "info": {"board": BOARD},
    "where": {},
    "build": {"boards": [BOARD], "jobs": 1},
    "train": {
        "board": BOARD,
        "model": "mlp",
        "runs": "trained",
        "changes": SMALL,
        "init": f"{RUN}/best.pt",
    },
    "predict": {"run": RUN, "output": "out.npz"},
    "evaluate": {"predictions": NPZ},
    "reproduce": {"board": BOARD, "model": "ps13s1", "runs": "made"},
    "symmetry": {"board": BOARD, "model": "ps13s1", "pieces": 1, "runs": "made"},
    "pretrain": {"folder": "pretrained", "boards": BOARD, "steps": 0},
    "embed": {"run": "features", "board": BOARD, "output": "out.npz"},
    "probe": {"embeddings": NPZ, "draws": 1},
    "submit init": {"folder": f"leaderboards/{BOARD}/new", "values": ["method.name=New"]},
    "submit add": {"folder": ENTRY, "runs": [RUN]},
    "submit check": {"folder": ENTRY},
    "submit pack": {"folder": ENTRY, "output": "out.zip"},
    "plot run": {"runs": [RUN], "output": "out.svg"},
    "plot confusion": {"predictions": NPZ, "output": "out.svg"},
    "plot errors": {"predictions": NPZ, "output": "out.svg"},
    "plot calibration": {"predictions": [NPZ], "output": "out.svg"},
    "plot board": {"name": BOARD, "output": "out.svg"},
    "leaderboard render": {"recompute": False, "check": True},
    "leaderboard accept": {"archive": "packed.zip"},
    "leaderboard review": {"subject": "HEAD", "report": "report.md", "rendered": "rendered"},
    "leaderboard site": {"folder": "site"},
    "leaderboard show": {"board": BOARD},
    "leaderboard explain": {
        "entry": "entry",
        "piece": "piano",
        "output": "out.html",
        "roll": True,
    },
}
# What else is given beside one of the others.
BESIDE = {
    ("view", "predictions"): {
        "source": f"{BOARD}:piano",
        "output": "out.html",
        "predictions": NPZ,
        "roll": True,
    }
}
# Those that cannot end well in this small world, and why.
REFUSED = {
    "probe": 3,  # predictions are no embeddings
    "leaderboard accept": 3,  # the entry is there already
    "ceiling": 2,  # one opinion on each piece
    "audit": 3,  # one kind of entry
    "plot calibration": 3,  # pitch spelling has no scores
    "power": 2,  # it takes two works
}
FILES = {("apply", "score"), ("apply", "model"), ("view", "source"), ("view", "model")}
FILES |= {("train", "init"), ("apply", "voices"), ("apply", "staves")}  # names of files as text
FILES |= {("annotate", "score")}
WORDS = ("nonsense", "", "../..", "[/red]", "-x", "\udcff", "a=[1]", "x" * 300)
NUMBERS = {
    int: ("-1", "0", "1" * 30, "1e3", "nan"),
    float: ("-1", "0", "nan", "inf", "1e400", "x"),
}
CONTENT = {
    "empty": b"",
    "text": b"not what it should be\n",
    "json": b"{}",
    "list": b"[1]",
    "no-utf8": b"\xff\xfe\x00{",
    "zip": b"PK\x03\x04" + b"\0" * 100,
}
ODD = ("[red]:smile:", "-x", "\udcff", "a\nb", "\x1b[31m", "ä\u202e")


def commands(group=app, path=()):
    """Command -> its function, of all groups."""
    found = {
        " ".join((*path, c.name or c.callback.__name__)): c.callback
        for c in group.registered_commands
    }
    for inner in group.registered_groups:
        found |= commands(inner.typer_instance, (*path, inner.name))
    return found


COMMANDS = commands()


def parameters(command):
    """Name -> type and how it is written: an option, or None of an argument."""
    hints = get_type_hints(COMMANDS[command], include_extras=True)
    found = {}
    for name in inspect.signature(COMMANDS[command]).parameters:
        kinds, (info, *_) = get_args(hints[name]) or (hints[name],), [None]
        while hasattr(kinds[0], "__metadata__") or get_args(kinds[0]):
            kinds = get_args(kinds[0])
        for part in getattr(hints[name], "__metadata__", ()):
            info = part
        option = None
        if not isinstance(info, ArgumentInfo):
            # Within Annotated typer takes the first name for the default.
            names = (
                (info.default, *(info.param_decls or ())) if isinstance(info, OptionInfo) else ()
            )
            given = [given for given in names if str(given).startswith("--")]
            option = given[0] if given else f"--{name.replace('_', '-')}"
        found[name] = (kinds[0], option)
    return found


def given_with(command, name):
    """Good arguments, beside which a parameter is tried."""
    return BESIDE.get((command, name), BASE[command])


def write(command, given):
    """The command line."""
    options, arguments = [], []
    for name, (_, option) in parameters(command).items():
        if name not in given:
            continue
        value = given[name]
        if isinstance(value, bool):
            options += [option] if value else [f"--no-{option[2:]}"]
        elif option is None:
            arguments += value if isinstance(value, list) else [value]
        else:
            for one in value if isinstance(value, list) else [value]:
                options += [option, *(one if isinstance(one, tuple) else [one])]
    return [*command.split(), *map(str, options), "--", *map(str, arguments)]


def content(folder):
    """What lies in a folder: name -> kind and bytes; without locks and the cache."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix != ".lock" and not name.startswith(("home", "hostile", ".git")):
            is_file = path.is_file() and not path.is_symlink()
            found[name] = path.read_bytes() if is_file else path.lstat().st_mode
    return found


def check(musebench, command, given, before):
    """Run; whatever it ends in is foreseen and said, and what was there is as it was."""
    line = write(command, given)
    code, out, err = musebench(*line)
    assert code in FORESEEN, "\n".join([str(line), *err.splitlines()[-6:]])
    assert "Traceback" not in out + err, (line, err)
    if code:
        assert "musebench: " in err or "Usage: " in err, (line, err)
        after = content(musebench.here)
        assert not [name for name in after if ".part" in name], line
        assert {n: v for n, v in after.items() if n in before} == before, line
        written = {n for n in after.keys() - before.keys() if not (musebench.here / n).is_dir()}
        assert not written, (line, written)
    else:
        restore(musebench.here, before)
    return code, err


def restore(here, before):
    for name in sorted(content(here).keys() - before.keys(), reverse=True):
        path = here / name
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for name, value in before.items():
        if isinstance(value, bytes) and (here / name).read_bytes() != value:
            (here / name).write_bytes(value)


def place(base, value):
    """A value in the place of the first one of what the command takes."""
    if isinstance(base, list):
        return [value]
    return (value, *base[1:]) if isinstance(base, tuple) else value


def first(base):
    while isinstance(base, list | tuple):
        base = base[0] if base else ""
    return str(base or "")


def odd_files(folder, source):
    """Good content under odd names, and bad content under good ones; names of no regular file."""
    suffix = Path(source).suffix
    for kind in KINDS:
        inside = folder / f"kind-{kind}"
        inside.mkdir()
        path = make(kind, inside)
        if suffix and kind not in {"below-a-file", "device"}:
            named = path.with_name(path.name[: 255 - len(suffix)] + suffix)
            if os.path.lexists(path):
                path = path.rename(named) if kind != "circle" else named
                if kind == "circle":
                    path.symlink_to(path)
            else:
                path = named if kind != "long" else Path(f"{path}{suffix}")
        elif kind == "device" and suffix:
            path = inside / f"device{suffix}"
            path.symlink_to("/dev/full")
        yield kind, path
    for kind, data in CONTENT.items():
        path = folder / f"{kind}{suffix}"
        path.write_bytes(data)
        yield kind, path
    if os.geteuid():
        path = folder / f"secret{suffix}"
        path.write_bytes(b"x")
        path.chmod(0)
        yield "secret", path


def test_every_command_has_a_line():
    assert BASE.keys() == COMMANDS.keys()
    for command, given in BASE.items():
        assert given.keys() <= parameters(command).keys()


@pytest.mark.parametrize("command", BASE)
def test_it_ends_well_where_nothing_is_odd(musebench, command):
    code, _, err = musebench(*write(command, BASE[command]))
    assert code == REFUSED.get(command, 0), err


@pytest.mark.parametrize("command", BASE)
def test_with_json_the_output_is_one_document_and_nothing_else(musebench, command):
    code, out, err = musebench(*write(command, BASE[command] | {"as_json": True}))
    assert code == REFUSED.get(command, 0), err
    if code == 0:
        json.loads(out, parse_constant=pytest.fail)


@pytest.mark.parametrize("command", BASE)
def test_words_and_numbers_that_mean_nothing_are_refused(musebench, command):
    before = content(musebench.here)
    for name, (kind, _) in parameters(command).items():
        base = given_with(command, name).get(name)
        if kind is str:
            for word in WORDS:
                check(
                    musebench,
                    command,
                    given_with(command, name) | {name: place(base, word)},
                    before,
                )
        for number in NUMBERS.get(kind, ()):
            check(musebench, command, given_with(command, name) | {name: number}, before)


@pytest.mark.parametrize("command", BASE)
def test_names_of_anything_but_a_file_are_refused(musebench, command):
    hostile = musebench.here / "hostile"
    before = content(musebench.here)
    for name, (kind, _) in parameters(command).items():
        if kind is not Path and (command, name) not in FILES:
            continue
        base = given_with(command, name).get(name)
        hostile.mkdir()
        source = musebench.here / first(base)
        for what, path in odd_files(hostile, first(base)):
            if name == "root" and what in CONTENT:
                continue  # a file is a file
            given = given_with(command, name) | {name: place(base, path)}
            _, err = check(musebench, command, given, before)
            if what in {"pipe", "socket", "device"} and source.is_file():
                assert f"a {what}" in err or "not a regular file" in err, (command, name, err)
        shutil.rmtree(hostile)


@pytest.mark.parametrize("command", BASE)
def test_odd_names_are_names(musebench, command):
    before = content(musebench.here)
    for name, (kind, _) in parameters(command).items():
        base = given_with(command, name).get(name)
        source = musebench.here / first(base)
        is_name = kind is Path or (command, name) in FILES
        if not is_name or not base or first(base).startswith(ENTRY[:-6]):
            continue
        for odd in ODD:
            path = Path(f"{odd}{source.suffix}")
            if source.is_file():
                shutil.copy(source, path)
            known = before | content(musebench.here)
            line = write(command, given_with(command, name) | {name: place(base, str(path))})
            code, out, err = musebench(*line)
            expected = {REFUSED.get(command, 0)} if not source.is_dir() else FORESEEN
            assert code in expected, (line, err)
            assert "\x1b" not in err
            assert "Traceback" not in out + err
            restore(musebench.here, known)
            path.unlink(missing_ok=True)


WRITING = [command for command, given in BASE.items() if "output" in given]


@pytest.mark.parametrize("command", WRITING)
def test_a_full_disk_is_said_and_nothing_is_half_written(musebench, command):
    if command in REFUSED:
        pytest.skip("it writes nothing here")
    before = content(musebench.here)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60, hard))  # bytes of a file
    try:
        code, _, err = musebench(*write(command, BASE[command]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (code, "File too large" in err) == (4, True), err
    after = content(musebench.here)
    assert {name: value for name, value in after.items() if isinstance(value, bytes)} == {
        name: value for name, value in before.items() if isinstance(value, bytes)
    }


@pytest.mark.parametrize("command", WRITING)
def test_a_link_is_replaced_and_what_it_leads_to_stays(musebench, command):
    if command in REFUSED or command == "release":
        pytest.skip("it writes no file of this name")
    output = Path(BASE[command]["output"])
    other = Path("other").with_suffix(output.suffix)
    other.write_text("mine")
    output.symlink_to(other)
    assert musebench(*write(command, BASE[command]))[0] == 0
    assert other.read_text() == "mine"
    assert not output.is_symlink()
    assert output.stat().st_size > len("mine")


def test_a_score_is_not_written_over_itself(musebench):
    os.link("score.musicxml", "again.musicxml")
    Path("link.musicxml").symlink_to("score.musicxml")
    for command, name in product(
        ("apply", "annotate"), ("score.musicxml", "again.musicxml", "link.musicxml")
    ):
        code, _, err = musebench(*write(command, BASE[command] | {"output": name}))
        assert code == 2
        assert "is the score itself" in err
    assert Path("score.musicxml").read_bytes() == (toy_board.DATA / "piano.musicxml").read_bytes()
