"""Runs a reader on damaged scores in a process of bounded time and memory."""

import argparse
import importlib
import multiprocessing
import os
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fuzz.targets import Target
from musebench.errors import ScoreError, ScoreWarning
from musebench.score import NoteTable

SECONDS = 30.0  # a case, on a machine that has other work, too
MEMORY = 2 << 30  # bytes beyond what the process has once all is imported
OUT_OF_BOUNDS = (MemoryError, RecursionError)


@dataclass
class Report:
    """What came of the cases: how many of each kind, and those that are faults."""

    outcomes: Counter = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)

    def __str__(self):
        counts = ", ".join(f"{count:,} {what}" for what, count in self.outcomes.most_common())
        slowest = f"slowest {self.slowest[0]:.2f} s (case {self.slowest[1]})"
        return "\n".join([f"{counts}; {slowest}", *self.faults])


def outcome_of(target, folder, seed):
    """What a case gives, and whether that is a fault: only a table or a ScoreError is none."""
    files = target.write_case(folder, seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ScoreWarning)  # what was mended is no fault
            table = target.read(*files)
    except ScoreError as error:
        cause = type(error.__cause__).__name__
        named = any(str(error).startswith(f"{file}: ") for file in files)
        is_fault = not named or isinstance(error.__cause__, OUT_OF_BOUNDS)
        return (f"refused ({cause})", f"{cause}: {error}" if is_fault else "")
    except BaseException as error:
        return (type(error).__name__, f"{type(error).__name__}: {str(error)[:200]}")
    if not isinstance(table, NoteTable):
        return "no table", repr(table)[:200]
    return "tables", ""


def limit_memory(more):
    """Let this process have so many bytes more; nothing where the system has no such limit."""
    try:
        import resource
    except ImportError:
        return
    statm = Path("/proc/self/statm")
    if statm.exists():
        used = int(statm.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + more, used + more))


def whole(data, seed):
    return data


def work(targets, name, seed, cases, connection):
    """Tell the number of each case before it runs, and what came of it after."""
    warnings.simplefilter("ignore")
    target = targets_of(targets)[name]
    with tempfile.TemporaryDirectory() as folder:
        for files in target.toys:  # as they are, so that no case has to wait for imports
            outcome_of(Target((files,), target.read, whole), Path(folder), "")
        limit_memory(MEMORY)
        for case in cases:
            connection.send((case, None, None))
            start = time.process_time()
            outcome = outcome_of(target, Path(folder), f"{seed} {name} {case}")
            connection.send((case, outcome, time.process_time() - start))
    connection.close()


def targets_of(module):
    """The targets of a module; a name, since a new process has to find them."""
    return importlib.import_module(module).TARGETS


def fuzz(name, cases, seed=0, seconds=SECONDS, progress=None, targets="fuzz.targets"):
    """Run cases of a format; a process that dies or hangs is ended, and a new one goes on.

    Args:
        name: One of the targets.
        cases: Numbers of the cases, such as ``range(10_000)``.
        seed: Of all cases.
        seconds: Time for each.
        progress: A stream that is told of every thousandth case.
        targets: The module that has them.
    """
    report, left = Report(), list(cases)
    context = multiprocessing.get_context("spawn")
    while left:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(
            target=work, args=(targets, name, seed, left, theirs), daemon=True
        )
        process.start()
        theirs.close()
        done = _follow(process, ours, report, seconds, progress)
        left = left[done:]
        if process.is_alive():
            process.join(1)
        if process.is_alive():
            process.kill()
        process.join()
    return report


def _follow(process, connection, report, seconds, progress):
    """Read what a process tells until its end; returns how many cases are done with."""
    done, case = 0, None
    while True:
        wait = seconds if case is not None else 300.0  # at first it imports
        if not connection.poll(wait):
            kind = f"takes more than {wait:.0f} s"
        else:
            try:
                case, outcome, taken = connection.recv()
            except EOFError:
                if case is None:
                    return done
                process.join()
                kind = f"ends the process ({process.exitcode})"
            else:
                if outcome is not None:
                    what, fault = outcome
                    report.outcomes[what] += 1
                    report.slowest = max(report.slowest, (taken, case))
                    report.faults += [f"case {case}: {fault}"] if fault else []
                    done += 1
                    if progress and done % 1_000 == 0:
                        print(f"{done:,} ...", file=progress)
                    case = None
                continue
        report.outcomes[kind] += 1
        report.faults.append(f"case {case}: {kind}")
        return done + 1


def main(arguments=None):
    """The command: what came of the cases, and exit status 1 if there is a fault."""
    formats = targets_of("fuzz.targets")
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("format", choices=formats)
    parser.add_argument("--cases", type=int, default=10_000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--seed", type=int, default=0, help="of all cases")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each case")
    parser.add_argument("--keep", type=Path, help="a folder: write the first case there, no more")
    given = parser.parse_args(arguments)
    if given.keep:
        seed = f"{given.seed} {given.format} {given.first}"
        print(*formats[given.format].write_case(given.keep, seed))  # noqa: T201
        return 0
    cases = range(given.first, given.first + given.cases)
    report = fuzz(given.format, cases, given.seed, given.seconds, sys.stderr)
    print(f"{given.format}, seed {given.seed}: {report}")  # noqa: T201
    return 1 if report.faults else 0
