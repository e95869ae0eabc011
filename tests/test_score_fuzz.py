"""Thousands of damaged scores: each gives a note table or a ScoreError, and soon."""

import contextlib
import os
import random
import re
import signal
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from musebench.errors import ScoreError
from musebench.score import NoteTable, read_score

DATA = Path(__file__).parent / "data"
SECONDS = 5
CASES = int(os.environ.get("FUZZ_CASES", "400"))  # a score; seven scores
ODD_NUMBERS = (b"0", b"-1", b"-7", b"1000000000000000000", b"1e9", b"", b"nan", b"3/0", b"%", b"99")


class Hang(BaseException):
    """Not an Exception, so that no reader can mistake it for its own."""


@contextlib.contextmanager
def time_limit(seconds):
    def ring(*_):
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def flip_bytes(data, rng):
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return data


def delete_chunk(data, rng):
    start = rng.randrange(len(data))
    del data[start : start + rng.randint(1, 200)]
    return data


def repeat_chunk(data, rng):
    start = rng.randrange(len(data))
    chunk = data[start : start + rng.randint(1, 400)]
    place = rng.choice([start, rng.randrange(len(data))])
    data[place:place] = chunk * rng.randint(1, 20)
    return data


def truncate(data, rng):
    return data[: rng.randrange(len(data))]


def change_number(data, rng):
    return replace_one(rb"\d+", data, rng, ODD_NUMBERS)


def change_tag(data, rng):
    tags = re.findall(rb"</?[A-Za-z-]+", data) or [b"\t"]
    return replace_one(rb"</?[A-Za-z-]+", data, rng, tags)


def drop_element(data, rng):
    return replace_one(rb"<([A-Za-z-]+)[^<>]*>[^<>]*</\1>|<[^<>/]*/>|\n[^<\n]*", data, rng, [b""])


def change_attribute(data, rng):
    values = re.findall(rb'"[^"<>]*"', data) or [b'"1"']
    return replace_one(rb'"[^"<>]*"', data, rng, values)


def swap_lines(data, rng):
    lines = data.split(b"\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    return bytearray(b"\n".join(lines))


def replace_one(pattern, data, rng, replacements):
    for _ in range(rng.randint(1, 3)):
        found = list(re.finditer(pattern, data))
        if found:
            chosen = rng.choice(found)
            data[chosen.start() : chosen.end()] = rng.choice(replacements)
    return data


MUTATIONS = (
    flip_bytes,
    delete_chunk,
    repeat_chunk,
    truncate,
    change_number,
    change_tag,
    drop_element,
    change_attribute,
    swap_lines,
)


def mxl(xml):
    stream = BytesIO()
    container = b'<container><rootfiles><rootfile full-path="a.xml"/></rootfiles></container>'
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("META-INF/container.xml"), container)
        archive.writestr(zipfile.ZipInfo("a.xml"), xml)
    return stream.getvalue()


TOYS = {
    "piano.musicxml": (DATA / "piano.musicxml").read_bytes(),
    "duet.musicxml": (DATA / "duet.musicxml").read_bytes(),
    "divisions.musicxml": (DATA / "divisions.musicxml").read_bytes(),
    "duet.mxl": mxl((DATA / "duet.musicxml").read_bytes()),
    "duet.mei": (DATA / "duet.mei").read_bytes(),
    "duet.krn": (DATA / "duet.krn").read_bytes(),
}


def read_damaged(name, data, folder, cases):
    """Damage a score in many ways; returns how many could still be read."""
    path = folder / name
    survivors = 0
    for case in range(cases):
        rng = random.Random(f"{name} {case}")
        damaged = bytearray(data)
        for mutation in rng.choices(MUTATIONS, k=rng.choice([1, 1, 1, 2, 4])):
            damaged = mutation(damaged, rng) if damaged else damaged
        path.write_bytes(damaged)
        refused = None
        try:
            with time_limit(SECONDS):
                assert isinstance(read_score(path), NoteTable)
            survivors += 1
        except ScoreError as error:
            refused = str(error)  # checked below, outside the handlers
        except Hang:
            pytest.fail(f"{name} case {case} takes more than {SECONDS} s")
        except BaseException as error:
            error.add_note(f"{name} case {case}")
            raise
        assert refused is None or refused.startswith(f"{path}: "), f"{name} case {case}"
    return survivors


@pytest.mark.parametrize("name", [*TOYS, "duet.mid"])
def test_damaged_toy_scores_are_read_or_refused(tmp_path, midi, name):
    data = TOYS[name] if name in TOYS else midi.toy_duet()
    survivors = read_damaged(name, data, tmp_path, CASES)
    assert 0 < survivors < CASES


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("archive", "ending", "count", "cases"),
    [
        ("craigsapp/bach-370-chorales", ".krn", 4, 25),
        ("OpenScore/Lieder", ".mxl", 2, 20),
        ("CPJKU/asap-dataset", "midi_score.mid", 4, 20),
        ("CPJKU/asap-dataset", "xml_score.musicxml", 2, 15),
    ],
)
def test_damaged_real_scores_are_read_or_refused(tmp_path, archive, ending, count, cases):
    mirror = Path(os.environ.get("MUSEBENCH_MIRROR", "/nowhere"))
    found = sorted(mirror.glob(f"{archive}-*.zip"))
    if not found:
        pytest.skip(f"MUSEBENCH_MIRROR has no {archive}")
    with zipfile.ZipFile(found[0]) as scores:
        sizes = {m.filename: m.file_size for m in scores.infolist() if m.filename.endswith(ending)}
        small = sorted(sizes, key=lambda name: (sizes[name], name))[:count]
        for name in small:
            file, data = Path(name).name, scores.read(name)
            if ending == ".mxl":  # damage what is inside
                with zipfile.ZipFile(BytesIO(data)) as packed:
                    inside = next(n for n in packed.namelist() if not n.startswith("META-INF"))
                    file, data = "inside.musicxml", packed.read(inside)
            read_damaged(file, data, tmp_path, cases)
