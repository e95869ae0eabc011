"""Note values, tuplets, accidentals, clefs, voices and rests of written scores."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from musebench.score import MAX_VOICES, Mark, kept_voices, linked_voices, read_score, write_score
from musebench.score.writer.accidentals import Accidentals
from musebench.score.writer.values import VALUES, split_values
from written_scores import check_same, elements, simple, table_of, values, written


def test_note_values_are_those_of_a_musician():
    assert values([(0, 90), (90, 120), (120, 240)]) == ["quarter.", "eighth", "half"]
    assert values([(0, 150), (150, 240)]) == ["half", "eighth", "quarter."]
    assert values([(0, 210), (210, 240)]) == ["half..", "eighth"]
    assert values([(0, 75), (75, 120)]) == ["quarter", "16th", "eighth."]
    # In 6/8 a beat is a dotted quarter, and what reaches over it is tied.
    assert values([(0, 180)], 6, 8) == ["half."]
    assert values([(0, 120), (120, 180)], 6, 8) == ["quarter.", "eighth", "quarter"]


@pytest.mark.parametrize(
    ("length", "count", "name"),
    [
        (60, 3, "eighth 3:2"), (120, 3, "quarter 3:2"), (60, 5, "16th 5:4"), (60, 6, "16th 6:4"),
        (60, 10, "32nd 10:8"), (240, 15, "eighth 15:8"), (240, 5, "quarter 5:4"),
    ],
)  # fmt: skip
def test_equal_notes_are_one_tuplet(length, count, name):
    step = length // count
    events = [(i * step, (i + 1) * step) for i in range(count)]
    rest = [(length, 240)] if length < 240 else []
    assert values(events + rest)[:count] == [name] * count


@pytest.mark.parametrize("count", [7, 9, 11, 13])
def test_uncommon_tuplets(count):
    step = 60
    events = [(i * step, (i + 1) * step) for i in range(count)]
    normal = 4 if count == 7 else 8
    names = values(events, 1, 4, divs=count * step)
    assert set(names) == {f"{'16th' if count == 7 else '32nd'} {count}:{normal}"}


def test_a_dotted_beat_has_tuplets_of_its_own():
    events = [(i * 18, (i + 1) * 18) for i in range(5)] + [(90, 180)]
    assert values(events, 6, 8) == ["eighth 5:3"] * 5 + ["quarter."]


def test_what_fits_no_tuplet_keeps_its_duration(tmp_path):
    # A 67th of a quarter note is no part of any tuplet.
    notes = simple((0, 1, "C", 5), (1, 66, "D", 5), (67, 67, "E", 5), divs=67)
    root = elements(notes, tmp_path)
    assert [d.text for d in root.iter("duration")][:3] == ["1", "66", "67"]
    assert root.find(".//tuplet") is None
    check_same(read_score(tmp_path / "score.musicxml"), notes)


@settings(deadline=None)
@given(
    start=st.integers(0, 128),
    length=st.integers(1, 256),
    beat=st.sampled_from([16, 32, 48, 64, 0]),
    is_rest=st.booleans(),
    is_compound=st.booleans(),
)
def test_values_fill_what_they_are_cut_from(start, length, beat, is_rest, is_compound):
    cut = split_values(start, start + length, beat, is_rest, is_compound and beat > 0)
    assert [cut[0][0], cut[-1][1]] == [start, start + length]
    assert all(here[1] == there[0] for here, there in pairwise(cut))
    assert all(there - here in VALUES for here, there in cut)


def test_every_measure_is_filled_by_every_voice(toy, tmp_path):
    root = elements(read_score(toy / "piano.musicxml"), tmp_path)
    lengths = [2, 6, 6, 6, 6]
    for measure, length in zip(root.iter("measure"), lengths, strict=True):
        sums = {}
        for note in measure.iter("note"):
            if note.find("chord") is None and note.find("grace") is None:
                voice = note.findtext("voice")
                sums[voice] = sums.get(voice, 0) + int(note.findtext("duration"))
        assert set(sums.values()) == {length}


def test_tuplets_begin_and_end(tmp_path):
    root = elements(simple((0, 4, "C", 5), (4, 4, "D", 5), (8, 4, "E", 5)), tmp_path)
    assert [t.get("type") for t in root.iter("tuplet")] == ["start", "stop"]
    assert [m.findtext("actual-notes") for m in root.iter("time-modification")] == ["3"] * 3


def test_ties_are_drawn_and_sounded(tmp_path):
    root = elements(simple((36, 24, "F", 4)), tmp_path)
    assert [t.get("type") for t in root.iter("tie")] == ["start", "stop"]
    assert [t.get("type") for t in root.iter("tied")] == ["start", "stop"]


def test_accidentals_hold_for_a_measure():
    state = Accidentals(fifths=2)
    assert [state.show(*note) for note in (("F", 1, 4), ("F", 0, 4), ("F", 0, 4), ("F", 1, 4))] == [
        None, "natural", None, "sharp",
    ]  # fmt: skip
    assert state.show("F", 1, 5) is None
    assert state.show("C", 2, 5) == "double-sharp"
    state.set_key(-3)
    assert [state.show("E", -1, 4), state.show("E", 0, 4)] == [None, "natural"]


def test_a_tied_note_needs_no_accidental_again(tmp_path):
    notes = table_of([(36, 24, "F", 1, 4, 0, 1, 1, False), (60, 12, "F", 1, 4, 0, 1, 1, False)])
    root = elements(notes, tmp_path)
    notes = [note for note in root.iter("note") if note.find("pitch") is not None]
    assert [note.findtext("accidental") for note in notes] == ["sharp", None, "sharp"]


def test_clefs_follow_the_notes(tmp_path):
    low = [(i * 48, 48, "C", 3) for i in range(8)]
    high = [(i * 48, 48, "C", 6) for i in range(8, 16)]
    root = elements(simple(*low, *high), tmp_path)
    assert [clef.findtext("sign") for clef in root.iter("clef")] == ["F", "G"]


def test_a_pickup_without_a_name_is_measure_0(tmp_path):
    path = tmp_path / "duet.musicxml"
    write_score(read_score(Path(__file__).parent / "data" / "duet.krn"), path)
    first = etree.parse(path).find("part")
    assert [m.get("number") for m in first.iterfind("measure")] == ["0", "1", "2", "3"]


def test_a_pickup_is_not_counted(tmp_path):
    root = elements(simple((0, 12, "G", 4), (12, 48, "C", 5), pickup=12), tmp_path)
    assert [(m.get("number"), m.get("implicit")) for m in root.iter("measure")] == [
        ("0", "yes"), ("1", None),
    ]  # fmt: skip


def test_notes_that_overlap_are_in_different_voices():
    notes = simple((0, 48, "C", 5), (0, 48, "E", 5), (12, 12, "G", 5), (24, 24, "A", 5))
    assert kept_voices(notes).tolist() == [1, 1, 2, 2]


def test_a_voice_of_another_staff_is_a_guest():
    rows = [(i * 12, 12, "C", 0, 5, 0, 1, 1, False) for i in range(4)]
    rows += [(48, 12, "C", 0, 4, 0, 2, 1, False), (48, 48, "C", 0, 3, 0, 2, 5, False)]
    assert kept_voices(table_of(rows)).tolist() == [1, 1, 1, 1, 1, 2]


def test_more_than_four_voices_are_cut_and_tied(tmp_path):
    notes = simple(*((i, 48 - 2 * i, "CDEFGAB"[i], 5) for i in range(7)))
    assert kept_voices(notes).tolist() == [1, 2, 3, 4, 4, 4, 4]
    check_same(written(notes, tmp_path), notes)
    voices = {v.text for v in etree.parse(str(tmp_path / "score.musicxml")).iter("voice")}
    assert voices == {"1", "2", "3", "4"}


def test_linked_notes_share_a_voice():
    notes = simple(
        (0, 12, "C", 4), (0, 12, "G", 5), (12, 12, "E", 4), (24, 12, "C", 4), (24, 12, "G", 5)
    )
    following = np.array([2, -1, 3, -1, -1])
    assert linked_voices(notes, following, chords=False).tolist() == [2, 1, 2, 2, 1]
    assert linked_voices(notes, following, chords=True).tolist() == [1, 1, 1, 1, 1]


def test_voices_never_overlap(toy):
    notes = read_score(toy / "piano.musicxml")
    voice = kept_voices(notes)
    assert voice.min() >= 1
    assert voice.max() <= MAX_VOICES


def test_marks_and_colors_are_written(tmp_path):
    notes = simple((0, 24, "C", 5), (24, 24, "D", 5))
    marks = [Mark(24, "PAC", "above", "#FF0000")]
    root = elements(notes, tmp_path, marks=marks, colors=np.array(["", "#00FF00"]))
    words = root.find(".//words")
    assert (words.text, words.get("color")) == ("PAC", "#FF0000")
    assert root.find(".//direction").get("placement") == "above"
    assert [note.get("color") for note in root.iter("note")] == [None, "#00FF00"]
    check_same(read_score(tmp_path / "score.musicxml"), notes)


def test_marks_stand_above_the_highest_and_below_the_lowest_staff(toy, tmp_path):
    """Of several parts as of the staves of one."""
    for name, lowest in (("piano.musicxml", ("P1", "2")), ("duet.musicxml", ("P2", "1"))):
        marks = [Mark(0, "PAC", "above"), Mark(0, "V⁷")]
        root = elements(read_score(toy / name), tmp_path, marks=marks)
        found = {
            direction.find(".//words").text: (part.get("id"), direction.find("staff").text)
            for part in root.iter("part")
            for direction in part.iter("direction")
        }
        assert found == {"PAC": ("P1", "1"), "V⁷": lowest}


def test_only_in_a_complete_measure_a_rest_is_that_of_the_measure(toy, tmp_path):
    notes = read_score(toy / "piano.musicxml")  # a pick-up; its lower staff rests
    complete = {
        measure.get("number"): measure.get("implicit") is None
        for measure in elements(notes, tmp_path).iter("measure")
    }
    rests = elements(notes, tmp_path).iterfind(".//rest")
    found = {(r.getparent().getparent().get("number"), r.get("measure")) for r in rests}
    assert ("0", None) in found
    assert {complete[number] for number, whole in found if whole} == {True}


def test_rests_of_inner_voices_are_hidden_or_shown(tmp_path):
    notes = simple((0, 48, "C", 5), (24, 12, "E", 4))
    hidden = elements(notes, tmp_path)
    assert [n.get("print-object") for n in hidden.iter("note") if n.find("rest") is not None] == [
        "no", "no",
    ]  # fmt: skip
    shown = elements(notes, tmp_path, hidden_rests=False)
    assert not shown.xpath("//note[@print-object]")
