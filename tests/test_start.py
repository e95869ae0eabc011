"""How quickly commands start: what they import, no more. The clock is in benchmarks/start.py."""

import subprocess
import sys

import pytest

from made_scores import random_table
from musebench import write_score

LOADED = """
import sys
try:
    {command}
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", *sys.modules)
"""
MUSEBENCH = LOADED.format(command="from musebench.cli import main; main()")
ANOTHER = LOADED.format(
    command="import rich.console, rich.table, typer; typer.run(lambda name='': print(name))"
)
READERS_OF_MIDI = LOADED.format(command="import lxml.etree, mido, numpy")


def modules(code, *arguments):
    """Names of the modules that a process has loaded at its end."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("loaded:")[2].split())


def packages(names):
    """The packages of modules that neither Python nor musebench has."""
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"musebench"}


@pytest.fixture(scope="module")
def of_any_command():
    """What every command line made with typer and rich loads, whatever it does."""
    return packages(modules(ANOTHER, "--help") | modules(ANOTHER, "--name", "x"))


def test_help_loads_the_command_line_and_nothing_else(of_any_command):
    found = modules(MUSEBENCH, "--help")
    assert packages(found) <= of_any_command
    own = {name for name in found if name.startswith("musebench.")}
    assert {name.split(".")[1] for name in own} <= {"cli", "errors", "files"}


@pytest.mark.parametrize("output", [(), ("--json",)])
def test_a_rule_on_midi_loads_numpy_and_the_readers_of_midi(output, of_any_command, tmp_path):
    score = tmp_path / "score.mid"
    write_score(random_table(), score)
    command = ("apply", "pitch-spelling", score, "--model", "ps13s1", *output)
    found = packages(modules(MUSEBENCH, *command))
    assert "numpy" in found
    assert found <= of_any_command | packages(modules(READERS_OF_MIDI))
