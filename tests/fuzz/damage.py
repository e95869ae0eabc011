"""Scores of every format, and ways to damage them: the same number gives the same damage."""

import random
import re
import zipfile
from io import BytesIO
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
NUMBERS = (
    *("0", "-1", "-7", "3/0", "0/0", "99", "1/99999999999", "2147483648/8", "65535", "4294967296"),
    *("100000000000", "1000000000000000000", "9" * 26, "9" * 5_000, "1e9", "1e999999", "0x10"),
    *("", " ", "nan", "inf", "-inf", "NaN", "%", "1.5", "-0.0", "1_000", "٣", "½", "²"),
)  # fmt: skip
HOSTILE = tuple(number.encode() for number in NUMBERS)
TAG, ATTRIBUTE = rb"</?[A-Za-z-]+", rb'"[^"<>]*"'
ELEMENT = rb"<([A-Za-z-]+)[^<>]*>[^<>]*</\1>|<[^<>/]*/>|\n[^<\n]*"
NAMED = rb' [a-z.:]+="[^"<>]*"'


def flip_bytes(data, rng):
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return data


def long_run(data, rng):
    start = rng.randrange(len(data))
    data[start:start] = bytes([rng.randrange(256)]) * rng.choice([5, 300, 3_000])
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
    return replace_some(rb"\d+", data, rng, HOSTILE)


def change_tag(data, rng):
    return replace_some(TAG, data, rng, re.findall(TAG, data) or [b"\t"])


def drop_element(data, rng):
    return replace_some(ELEMENT, data, rng, [b""])


def change_attribute(data, rng):
    return replace_some(ATTRIBUTE, data, rng, re.findall(ATTRIBUTE, data) or [b'"1"'])


def drop_attribute(data, rng):
    return replace_some(NAMED, data, rng, [b""])


def add_attribute(data, rng):
    """Give an element what another one has, with a hostile number or as it is."""
    found = re.findall(NAMED, data) or [b""]
    name = rng.choice(found).partition(b"=")[0]
    added = rng.choice([rng.choice(found), name + b'="' + rng.choice(HOSTILE) + b'"'])
    return replace_some(rb"(?<=[a-z])(?=[ />])", data, rng, [added])


def swap_lines(data, rng):
    lines = data.split(b"\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    return bytearray(b"\n".join(lines))


def replace_some(pattern, data, rng, replacements):
    for _ in range(rng.randint(1, 3)):
        found = list(re.finditer(pattern, data))
        if found:
            chosen = rng.choice(found)
            data[chosen.start() : chosen.end()] = rng.choice(replacements)
    return data


# What leaves the rest as it was, so that a reader gets that far.
STRUCTURED = (change_number, change_number, change_attribute, drop_attribute, drop_element)
MUTATIONS = (
    *STRUCTURED,
    *(flip_bytes, long_run, delete_chunk, repeat_chunk, truncate, change_tag, add_attribute),
    swap_lines,
)


def damaged(data, seed):
    """Bytes damaged in one to four ways, chosen by a seed."""
    rng = random.Random(seed)
    changed = bytearray(data)
    kinds = STRUCTURED if rng.random() < 0.7 else MUTATIONS
    for mutation in rng.choices(kinds, k=rng.choice([1, 1, 1, 2, 4])):
        changed = mutation(changed, rng) if changed else changed
    return bytes(changed)


def mxl(xml):
    stream = BytesIO()
    container = b'<container><rootfiles><rootfile full-path="a.xml"/></rootfiles></container>'
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("META-INF/container.xml"), container)
        archive.writestr(zipfile.ZipInfo("a.xml"), xml)
    return stream.getvalue()


def damaged_mxl(data, seed):
    """An archive that is damaged, or one around a damaged score."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        inside = archive.read("a.xml")
    rng = random.Random(f"{seed} where")
    return damaged(data, seed) if rng.random() < 0.5 else mxl(damaged(inside, seed))
