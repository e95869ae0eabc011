"""What all commands have in common: groups, help, version, completion, JSON, warnings."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import musebench
from musebench.boards import BOARDS
from musebench.cli.app import PANELS, app

ROOT = Path(__file__).parent.parent
MUSEBENCH = [sys.executable, "-m", "musebench"]


def commands(group, path=()):
    """Words of each command -> the command, sub-commands after their group."""
    for name in group.list_commands(None) if hasattr(group, "commands") else ():
        command = group.commands[name]
        yield (*path, name), command
        yield from commands(command, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(app)))
LEAVES = {words: command for words, command in COMMANDS.items() if not hasattr(command, "commands")}
IDS = [" ".join(words) for words in COMMANDS]


def run(*arguments, **environment):
    return CliRunner(env={"COLUMNS": "200", **environment}).invoke(app, list(arguments))


def start(*arguments, **environment):
    """A process of its own: output and error."""
    done = subprocess.run(
        [*MUSEBENCH, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    return done.returncode, done.stdout, done.stderr


def test_help_lists_the_commands_by_the_order_of_a_day():
    lines = run("--help").output.splitlines()
    titles = [re.sub("[╭─╮ ]+", " ", line).strip() for line in lines if line.startswith("╭")]
    assert titles == ["Options", *PANELS]
    shown = [line.split()[1] for line in lines if re.match("│ [a-z]", line)]
    assert shown == [name for panel in PANELS.values() for name in panel]


@pytest.mark.parametrize("words", COMMANDS, ids=IDS)
def test_every_page_of_help_is_there_by_both_names(words):
    found = run(*words, "--help")
    assert found.exit_code == 0
    assert "Usage: " in found.output
    assert run(*words, "-h").output == found.output


@pytest.mark.parametrize("words", COMMANDS, ids=IDS)
def test_every_command_and_option_is_described(words):
    command = COMMANDS[words]
    assert re.fullmatch(r"[A-Z].*[^ ]\.", command.help.split("\n")[0])
    for parameter in command.params:
        assert parameter.help, (words, parameter.name)
        assert parameter.help.endswith((".", ")")), (words, parameter.name)


@pytest.mark.parametrize("words", LEAVES)
def test_every_command_has_json(words):
    assert ["--json"] in [parameter.opts for parameter in LEAVES[words].params]


def test_json_is_written_in_one_place():
    texts = {path.name: path.read_text("utf-8") for path in ROOT.glob("musebench/cli/*.py")}
    assert [name for name, text in texts.items() if "json.dump" in text] == ["show.py"]


def test_the_version_is_printed():
    assert run("--version").output == f"musebench {musebench.__version__}\n"
    assert start("--version")[:2] == (0, f"musebench {musebench.__version__}\n")


def complete(line):
    """What bash completes the last word of a line to."""
    number = str(len(line.split()) - 1)
    _, out, err = start(_MUSEBENCH_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=number)
    assert not err
    return out.split()


@pytest.mark.parametrize("command", ["info", "reproduce", "apply", "leaderboard show"])
def test_names_of_boards_are_completed(command):
    found = complete(f"musebench {command} asap-p")
    assert found == [name for name in BOARDS if name.startswith("asap-p")]


def test_commands_and_tasks_are_completed():
    assert complete("musebench lea") == ["leaderboard"]
    assert complete("musebench apply voi") == ["voices", "voice-separation"]


def test_the_page_of_commands_lists_all_of_them_by_group():
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    sections = re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    found = {
        title: [
            next(words for words in (line[:2], line[:1]) if words in LEAVES)
            for line in map(tuple, map(str.split, re.findall("^musebench (.*)$", text, re.M)))
        ]
        for title, text in sections
        if title in PANELS
    }
    assert found == {
        title: [words for words in LEAVES if words[0] in names] for title, names in PANELS.items()
    }
