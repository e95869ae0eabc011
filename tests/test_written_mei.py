"""Scores that are written as MEI."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from musebench.errors import InputError
from musebench.score import kept_voices, read_score, write_score
from musebench.score.writer.layout import measures_to_write
from written_scores import check_same, elements, simple, table_of, tables, written


def sounding_in_mei(path, starts):
    """Id -> onset in ticks, duration, step, octave, accidental as shown or heard, staff, layer."""
    mei = "{http://www.music-encoding.org/ns/mei}"
    found, measures = {}, etree.parse(str(path)).iter(f"{mei}measure")
    for start, measure in zip(starts, measures, strict=True):
        for layer in measure.iter(f"{mei}layer"):
            now = 0
            for element in layer.iter(*(mei + tag for tag in ("note", "chord", "rest", "space"))):
                in_chord = element.getparent().tag == f"{mei}chord"
                lasts = int((element.getparent() if in_chord else element).get("dur.ppq", "0"))
                if element.tag == f"{mei}note":
                    accid = element.find(f"{mei}accid")
                    signs = (element if accid is None else accid).attrib
                    sign = signs.get("accid.ges") or signs.get("accid") or "n"
                    staff = int(layer.getparent().get("n"))
                    spelled = (element.get("pname").upper(), int(element.get("oct")), sign)
                    name = element.get("{http://www.w3.org/XML/1998/namespace}id")
                    since = now - lasts if in_chord else now
                    found[name] = (start + since, lasts, *spelled, staff, int(layer.get("n")))
                now += 0 if in_chord else lasts
    return found


SIGNS = {-3: "tf", -2: "ff", -1: "f", 0: "n", 1: "s", 2: ("x", "ss"), 3: "ts"}


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(notes=tables(parts=1))
def test_mei_says_what_the_table_says(notes, tmp_path_factory):
    path = tmp_path_factory.mktemp("law") / "score.mei"
    write_score(notes, path)
    starts = [measure.start for measure in measures_to_write(notes)]
    found, voice = sounding_in_mei(path, starts), kept_voices(notes)
    lasts = np.zeros(len(notes), dtype=np.int64)
    for name, (onset, duration, step, octave, sign, staff, layer) in found.items():
        row = int(name[1:].split("-")[0])
        if "-" not in name:
            assert onset == notes.onset_div[row]
        lasts[row] += duration
        assert (step, octave) == (notes.step[row], notes.octave[row])
        assert sign in SIGNS[int(notes.alter[row])] or sign == SIGNS[int(notes.alter[row])]
        assert (staff, layer) == (notes.staff[row], voice[row])
    np.testing.assert_array_equal(lasts, notes.duration_div)
    ties = {tie.get("endid")[1:] for tie in etree.parse(str(path)).iter("{*}tie")}
    assert ties == {name for name in found if "-" in name}


def test_a_key_signature_inside_a_measure_stays_there_in_mei(tmp_path):
    notes = simple(
        *((i, 12, "CDEF"[i // 12 % 4], 4) for i in range(0, 96, 12)),
        keys=((0, 0, 0, ""), (0, 24, -3, "minor"), (0, 48, 2, "")),
    )
    write_score(notes, tmp_path / "score.mei")
    layers = etree.parse(str(tmp_path / "score.mei")).iter("{*}layer")
    found = [
        [e.get("sig") or e.get("pname") for e in layer.iter("{*}note", "{*}keySig")]
        for layer in layers
    ]
    assert found == [["c", "d", "3f", "e", "f"], ["c", "d", "e", "f"]]
    check_same(written(notes, tmp_path), notes)


def test_ties_in_mei_join_the_heads_of_one_note(tmp_path):
    chords = [(0, "CFA", False), (24, "CFA", True), (48, "CFA", True)]
    notes = table_of(
        [(on, 24, s, 0, 4, 0, 1, 1, grace) for on, steps, grace in chords for s in steps]
    )
    write_score(notes, tmp_path / "score.mei")
    ties = etree.parse(str(tmp_path / "score.mei")).findall(".//{*}tie")
    found = sorted((tie.get("startid"), tie.get("endid")) for tie in ties)
    assert found == [(f"#n{row}", f"#n{row}-1") for row in range(3, 9)]


def test_durations_without_a_note_value_come_back_from_mei(tmp_path):
    notes = table_of(
        [(0, 1, "C", 0, 5, 0, 1, 1, False), (1, 66, "D", 0, 5, 0, 1, 1, False),
         (67, 67, "E", 0, 5, 0, 1, 1, False), (5, 10, "C", 0, 3, 0, 2, 1, False)],
        divs=67,
    )  # fmt: skip
    check_same(written(notes, tmp_path, "score.mei"), notes)


def test_a_key_signature_inside_a_measure_of_rest_comes_back_from_mei(tmp_path):
    rows = [(i, 1, "C", 0, 5, 0, 1, 1, False) for i in range(8)]
    keys = tuple((part, onset, f, "") for part in (0, 1) for onset, f in ((0, 0), (2, -3), (3, 1)))
    notes = table_of([*rows, (4, 4, "C", 0, 3, 1, 1, 1, False)], 1, keys=keys, parts=("a", "b"))
    check_same(written(notes, tmp_path, "score.mei"), notes)


def test_signatures_come_back_from_mei_where_they_stand(tmp_path):
    """Also a meter inside a measure, and a signature that repeats the one before."""
    rows = [(i, 1, "C", 0, 5, 0, 1, 1, False) for i in range(12)]
    keys = ((0, 0, 1, ""), (0, 4, 1, ""), (0, 10, 2, ""))
    notes = table_of(rows, 1, meters=((0, 4, 4), (4, 4, 4), (9, 3, 4)), keys=keys)
    check_same(written(notes, tmp_path, "score.mei"), notes)
    assert 9 not in notes.measures.start_div


def test_a_note_tied_to_its_grace_note_comes_back_from_mei(tmp_path):
    notes = table_of([(0, 48, "C", 0, 5, 0, 1, 1, True), (48, 48, "D", 0, 5, 0, 1, 1, False)])
    for name in ("score.mei", "score.musicxml"):
        assert written(notes, tmp_path, name).is_grace.tolist() == [True, False]


def test_what_mei_cannot_hold_is_told(tmp_path):
    notes = table_of([(0, 12, "C", 4, 4, 0, 1, 1, False)])
    with pytest.raises(InputError, match="MEI has no accidental of 4 semitones"):
        write_score(notes, tmp_path / "score.mei")


def test_mei_is_the_same_each_time(toy, tmp_path):
    notes = read_score(toy / "piano.musicxml")
    for name in ("a.mei", "b.mei"):
        write_score(notes, tmp_path / name)
    assert (tmp_path / "a.mei").read_bytes() == (tmp_path / "b.mei").read_bytes()


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(notes=tables(parts=1))
def test_beams_and_tuplets_do_not_cross(notes, tmp_path_factory):
    for measure in elements(notes, tmp_path_factory.mktemp("law")).iter("measure"):
        spans = {"beam": {}, "tuplet": {}}
        for place, note in enumerate(measure.iter("note")):
            voice, beam = note.findtext("voice"), note.findtext("beam[@number='1']")
            kinds = [("tuplet", tuplet.get("type")) for tuplet in note.iter("tuplet")]
            kinds += [("beam", {"begin": "start", "end": "stop"}.get(beam))]
            for kind, what in kinds:
                if what == "start":
                    spans[kind].setdefault(voice, []).append([place, place])
                elif what == "stop":
                    spans[kind][voice][-1][1] = place
        for voice, beams in spans["beam"].items():
            for start, stop in beams:
                for first, last in spans["tuplet"].get(voice, ()):
                    inside = first <= start and stop <= last
                    around = start <= first and last <= stop
                    assert inside or around or stop < first or last < start


def test_mei_is_read_back(toy, tmp_path):
    notes = read_score(toy / "duet.musicxml")
    found = written(notes, tmp_path, "score.mei")
    for name in ("onset_quarter", "duration_quarter", "pitch", "step", "alter"):
        np.testing.assert_array_equal(getattr(found, name), getattr(notes, name))


def test_the_title_is_in_mei(tmp_path):
    write_score(replace(simple((0, 12, "C", 4)), title="Lied"), tmp_path / "score.mei")
    assert etree.parse(str(tmp_path / "score.mei")).findtext(".//{*}title") == "Lied"
