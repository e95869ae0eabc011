"""Hostile prediction files: how many are refused, how long it takes, how much memory.

A right file of the chorales is damaged at random places, and archives are made that promise more
than they hold. What is accepted must hold the very predictions of the right file.
Run: ``python tests/benchmarks/submission_fuzz.py [--cases 5000]``.
"""

import argparse
import io
import resource
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

from musebench.boards import find_board
from musebench.errors import PredictionError
from musebench.evaluation import read_predictions, write_predictions
from musebench.evaluation.targets import load_targets

BOARD = "chorale-pitch-spelling"


def right_file(folder):
    targets = load_targets(find_board(BOARD), "test", "official")
    y_pred = {t.piece_id: {h: np.maximum(y, 0) for h, y in t.labels.items()} for t in targets}
    write_predictions(folder / "right.npz", BOARD, "test", y_pred)
    return folder / "right.npz"


def damage(content, rng):
    damaged = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        at, length = rng.integers(len(damaged)), rng.integers(0, 64)
        damaged[at : at + length] = rng.bytes(rng.integers(0, 64))
    return bytes(damaged)


def exaggerate(_, rng):
    """An archive whose members promise any size, shape and dtype."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("about", "piece_id", "start", "spelling"):
            shape = tuple(int(10 ** rng.uniform(0, 12)) for _ in range(rng.integers(0, 4)))
            descr = rng.choice(["|u1", "<f8", "|O", "<U9", "<M8[s]", "|V100000"])
            header = f"{{'descr': {str(descr)!r}, 'fortran_order': False, 'shape': {shape!r}}}\n"
            head = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
            archive.writestr(f"{name}.npy", head + bytes(int(10 ** rng.uniform(0, 7.5))))
    return stream.getvalue()


def attack(kind, content, file, cases, expected, rng):
    refused = wrong = 0
    longest = 0.0
    for _ in range(cases):
        file.write_bytes(kind(content, rng))
        start = time.perf_counter()
        try:
            found = read_predictions(file)
            same = {p: {h: y.tolist() for h, y in v.items()} for p, v in found.y_pred.items()}
            wrong += same != expected
        except PredictionError:
            refused += 1
        longest = max(longest, time.perf_counter() - start)
    return refused, wrong, longest


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=5000)
    cases = parser.parse_args().cases
    with tempfile.TemporaryDirectory() as folder:
        right = right_file(Path(folder))
        read = read_predictions(right).y_pred
        expected = {p: {h: y.tolist() for h, y in v.items()} for p, v in read.items()}
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sys.stdout.write("kind        cases  refused  accepted wrongly  longest    more memory\n")
        for kind, share in ((damage, 1.0), (exaggerate, 0.05)):
            number = int(cases * share)
            rng = np.random.default_rng(0)
            arguments = (right.read_bytes(), Path(folder) / "p.npz", number, expected, rng)
            refused, wrong, longest = attack(kind, *arguments)
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
            counts = f"{kind.__name__:11}{number:6}{refused:9}{wrong:18}"
            sys.stdout.write(f"{counts}{longest:8.3f} s{grown:11.0f} MB\n")


if __name__ == "__main__":
    main()
