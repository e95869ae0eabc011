"""CPU seconds of whole commands, as ratios to importing typer and rich, which every command needs.

Every command runs in new processes, in turns with the reference, so that the ratio does not depend
on the machine. The score is made up: 2,000 notes as MIDI.
Run: ``PYTHONPATH=tests python tests/benchmarks/start.py [rounds]``
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from made_scores import random_table
from musebench import write_score

REFERENCE = [sys.executable, "-c", "import typer, rich"]
MUSEBENCH = str(Path(sys.executable).with_name("musebench"))
NUM_NOTES = 2000
MOST_OF_HELP = 3.0  # times the reference
MOST_OF_APPLY = 1.5  # seconds


def cpu_seconds(command):
    """CPU time, of user and system, of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(rounds=9):
    """Print a line per command; exit 1 if one is slower than it may be."""
    with tempfile.TemporaryDirectory() as folder:
        score = Path(folder) / "score.mid"
        write_score(random_table(NUM_NOTES), score)
        apply = ["apply", "pitch-spelling", str(score), "--model", "ps13s1"]
        commands = {
            "import typer, rich": REFERENCE,
            "--help": [MUSEBENCH, "--help"],
            "list": [MUSEBENCH, "list"],
            "apply": [MUSEBENCH, *apply],
            "apply -o": [MUSEBENCH, *apply, "-o", str(score.with_suffix(".musicxml"))],
        }
        seconds = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                seconds[name].append(cpu_seconds(command))
    unit = min(seconds["import typer, rich"]), statistics.median(seconds["import typer, rich"])
    for name, found in seconds.items():
        least, median = min(found), statistics.median(found)
        ratios = f"{least / unit[0]:6.2f} {median / unit[1]:6.2f}"
        sys.stdout.write(
            f"{name:20} min {least:.3f} s, median {median:.3f} s; times the first: {ratios}\n"
        )
    is_slow = min(seconds["--help"]) > MOST_OF_HELP * unit[0]
    return int(is_slow or min(seconds["apply"]) > MOST_OF_APPLY)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
