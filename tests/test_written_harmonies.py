"""Roman numerals in a score: words for people, a chord for programs, engraved once."""

import re

import numpy as np
import pytest
from lxml import etree

import toy_board
from musebench.applied import apply
from musebench.applied.names import KINDS, harmonies, roman_numerals
from musebench.pitch import key_name
from musebench.score import Degree, Harmony, Mark, read_score, write_score
from musebench.score.writer.mei import MEI
from musebench.tasks import TASKS

SCORE = toy_board.DATA / "piano.musicxml"
TASK = TASKS["roman-numeral"]
CHORD = Harmony("c: viio65/V", (Degree(7, 1, "diminished-seventh"), Degree(5, 0, "other")), 1, -3,
                "minor")  # fmt: skip
MARKS = [Mark(0, "c: vii°⁶₅/V", harmony=CHORD), Mark(0, "PAC", "above"), Mark(24, "c: vii°⁶₅/V")]


def read_harmony(element):
    """A harmony of MusicXML as it was written, without its text."""
    degrees = []
    for numeral in element.iterfind("numeral"):
        kind = next(numeral.itersiblings("kind")).text
        step, alter = (numeral.findtext(f"numeral-{name}", "0") for name in ("root", "alter"))
        degrees.append(Degree(int(step), int(alter), kind))
    fifths, mode = (
        element.findtext(f"numeral/numeral-key/numeral-{n}") for n in ("fifths", "mode")
    )
    inversion = int(element.findtext("inversion"))
    return Harmony("", tuple(degrees), inversion, int(fifths), mode.removeprefix("natural "))


def labels_of(degree="I", quality="M", applied="none", inversion="0", key="C major"):
    values = {
        "local_key": key,
        "degree": degree,
        "applied_degree": applied,
        "quality": quality,
        "inversion": inversion,
        "root": "C",
    }
    return {head: np.array([TASK.heads[head].index(name)]) for head, name in values.items()}


def test_musicxml_has_the_chord_beside_its_words(tmp_path):
    notes = read_score(SCORE)
    write_score(notes, tmp_path / "out.musicxml", marks=MARKS)
    root = etree.parse(str(tmp_path / "out.musicxml"))
    (harmony,) = root.iter("harmony")
    assert harmony.getprevious().findtext("direction-type/words") == "c: vii°⁶₅/V"
    assert harmony.findtext("staff") == harmony.getprevious().findtext("staff") == "2"
    assert read_harmony(harmony) == Harmony("", CHORD.degrees, 1, -3, "minor")
    order = [child.tag for child in harmony]
    assert order == ["numeral", "kind", "inversion", "numeral", "kind", "staff"]
    np.testing.assert_array_equal(read_score(tmp_path / "out.musicxml").pitch, notes.pitch)


def test_mei_has_both_in_one(tmp_path):
    notes = read_score(SCORE)
    write_score(notes, tmp_path / "out.mei", marks=MARKS)
    root = etree.parse(str(tmp_path / "out.mei"))
    (harm,) = root.iter(f"{MEI}harm")
    assert (harm.get("label"), "".join(harm.itertext()).strip()) == ("c: viio65/V", "c: vii°⁶₅/V")
    assert (harm.get("place"), harm.get("staff"), harm.get("tstamp")) == ("below", "2", "1")
    assert len(list(root.iter(f"{MEI}dir"))) == 2  # the second words have no chord
    np.testing.assert_array_equal(read_score(tmp_path / "out.mei").pitch, notes.pitch)


@pytest.mark.parametrize("suffix", [".musicxml", ".mei"])
def test_a_numeral_is_engraved_once(suffix, tmp_path):
    """Verovio prints a harmony in spite of ``print-object``, but not if its texts are empty."""
    import verovio

    write_score(read_score(SCORE), tmp_path / f"out{suffix}", marks=MARKS[:2])
    toolkit = verovio.toolkit()
    assert toolkit.loadData((tmp_path / f"out{suffix}").read_text("utf-8"))
    picture = "".join(toolkit.renderToSVG(page + 1) for page in range(toolkit.getPageCount()))
    texts = re.findall(r"<tspan[^>]*>\s*([^<>]*vii[^<>]*?)\s*<", picture)  # not a title
    assert texts == ["c: vii°⁶₅/V"]


def test_every_class_of_a_chord_is_one(tmp_path):
    """Each quality, degree and key; both boards."""
    for quality in TASK.heads["quality"]:
        (found,) = harmonies(TASK, labels_of(quality=quality, inversion="1"))
        assert found.degrees == (Degree(1, 0, KINDS[quality]),)
    for degree in TASK.heads["degree"]:
        (found,) = harmonies(TASK, labels_of(degree=degree, applied=degree))
        signs, numeral = re.fullmatch("([b#]*)([IV]+)", degree).groups()
        step = ("I", "II", "III", "IV", "V", "VI", "VII").index(numeral) + 1
        alter = signs.count("#") - signs.count("b")
        assert [(d.step, d.alter) for d in found.degrees] == [(step, alter)] * 2
    for key in TASK.heads["local_key"]:
        labels = labels_of(key=key)
        (found,) = harmonies(TASK, labels)
        tonic, mode = key.split()
        assert (key_name(found.key_fifths, found.key_mode), found.key_mode) == (
            tonic + "m" * (mode == "minor"),
            mode,
        )
        assert found.text.partition(": ")[2] == roman_numerals(TASK, labels)[0]


def test_without_a_label_there_is_no_chord():
    labels = {head: np.array([-100]) for head in TASK.heads}
    assert harmonies(TASK, labels) == [None]


def test_a_model_writes_chords(tmp_path):
    applied = apply("roman-numeral", SCORE, model="template-chords")
    applied.write(tmp_path / "out.musicxml")
    found = list(etree.parse(str(tmp_path / "out.musicxml")).iter("harmony"))
    assert len(found) == len(applied.marks()) > 1
    again = [read_harmony(element).degrees for element in found]
    assert again == [mark.harmony.degrees for mark in applied.marks()]
