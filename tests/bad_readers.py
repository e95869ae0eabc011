"""A reader that fails in every way a reader can, a way for each of the first cases."""

import os
import time
from pathlib import Path

import numpy as np

from fuzz.targets import TARGETS, Target
from musebench.errors import ScoreError


def wait(file):
    time.sleep(30)


def die(file):
    os._exit(3)


def fill_the_memory(file):
    try:
        np.ones(4 << 30, dtype=np.uint8)
    except MemoryError as error:
        msg = f"{file}: no memory."
        raise ScoreError(msg) from error


def fail(file):
    raise KeyError("x")


def name_no_file(file):
    msg = "it is bad"
    raise ScoreError(msg)


FAULTS = (wait, die, fill_the_memory, fail, name_no_file, lambda file: None)
GOOD = TARGETS["augmentednet"]


def put_the_case_in_front(data, seed):
    return seed.rpartition(" ")[2].encode() + b"\n" + data


def read(file):
    number, _, table = Path(file).read_text().partition("\n")
    Path(file).write_text(table)
    is_faulty = number.isdecimal() and int(number) < len(FAULTS)
    return (FAULTS[int(number)] if is_faulty else GOOD.read)(file)


TARGETS = {"toy": Target(GOOD.toys, read, put_the_case_in_front)}
