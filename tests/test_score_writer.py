"""Note tables as score files: what is read back is what was written."""

import os
import re
import warnings
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from musebench.corpora import ASAP, MUSIC21_CHORALES, fetch
from musebench.errors import InputError, StorageError
from musebench.score import (
    MAX_VOICES,
    Mark,
    PartTable,
    TimeSignatureTable,
    check_output,
    kept_voices,
    linked_voices,
    read_score,
    write_score,
)
from musebench.score.assemble import FoundNotes, assemble, key_signature_table, measure_table
from musebench.score.writer.accidentals import Accidentals
from musebench.score.writer.layout import measures_to_write
from musebench.score.writer.values import VALUES, Event, Meter, note_values, split_values

NOTE_COLUMNS = ("onset_div", "duration_div", "pitch", "step", "alter", "octave", "part", "staff")
TABLES = ("measures", "time_signatures", "key_signatures", "parts")
ASAP_PIECES = ("Bach/Fugue/bwv_858", "Chopin/Etudes_op_25/11", "Ravel/Miroirs/3_Une_Barque")


def table_of(notes, divs=12, meters=((0, 4, 4),), keys=((0, 0, 0, ""),), pickup=0, parts=("",)):
    """A table of (onset, duration, step, alter, octave, part, staff, voice, is_grace)."""
    columns = list(zip(*notes, strict=True))
    onset, duration, step, alter, octave, part, staff, voice, grace = columns
    ints = {
        name: np.array(column, dtype=np.int64)
        for name, column in {
            "onset_div": onset, "alter": alter, "octave": octave, "part": part, "staff": staff,
            "voice": voice, "is_grace": grace,
        }.items()
    }  # fmt: skip
    offset = ints["onset_div"] + np.array(duration, dtype=np.int64)
    signatures = TimeSignatureTable(*np.array(meters, dtype=np.int64).T)
    starts, ends = [], []
    now, last = 0, max(int(offset.max()), int(signatures.onset_div[-1]) + 1)
    while now < last:
        row = np.searchsorted(signatures.onset_div, now, side="right") - 1
        length = int(signatures.beats[row] * 4 * divs // signatures.beat_type[row])
        starts.append(now)
        now += pickup if pickup and not ends else length
        ends.append(now)
    names = [str(i if pickup else i + 1) for i in range(len(starts))]
    return assemble(
        FoundNotes(
            offset_div=offset,
            step=np.array(step),
            note_id=np.arange(len(notes)).astype(str),
            **ints,
        ),
        divs,
        PartTable(np.array(parts)),
        measure_table(np.array(starts), np.array(ends), names, signatures, divs),
        signatures,
        key_signature_table(list(keys)),
    )


def simple(*notes, **options):
    """A table of (onset, duration, step, octave) on one staff, all in voice 1."""
    return table_of([(on, lasts, s, 0, o, 0, 1, 1, False) for on, lasts, s, o in notes], **options)


def check_same(found, wanted):
    for name in NOTE_COLUMNS:
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), err_msg=name)
    assert found.divs_pq == wanted.divs_pq
    for name in TABLES:
        for column, values in getattr(wanted, name).columns().items():
            read = getattr(found, name).columns()[column]
            np.testing.assert_array_equal(read, values, err_msg=f"{name}.{column}")


def written(notes, folder, name="score.musicxml", **options):
    write_score(notes, folder / name, **options)
    return read_score(folder / name)


def elements(notes, folder, **options):
    write_score(notes, folder / "score.musicxml", **options)
    return etree.fromstring((folder / "score.musicxml").read_bytes())


SPELLINGS = st.sampled_from([(s, a) for s in "CDEFGAB" for a in (-3, -2, -1, 0, 1, 2, 3)])
METERS = [((0, 4, 4),), ((0, 3, 4),), ((0, 6, 8), (72, 2, 4)), ((0, 2, 2),), ((0, 5, 8),)]


@st.composite
def tables(draw, parts=3):
    """Tables of up to three parts of two staves with anything on a grid of 24 divisions."""
    num_parts = draw(st.integers(1, parts))
    notes, busy = [], {}
    for _ in range(draw(st.integers(1, 25))):
        step, alter = draw(SPELLINGS)
        octave = draw(st.integers(1, 7))
        part, onset = draw(st.integers(0, num_parts - 1)), draw(st.integers(0, 240))
        duration = draw(st.sampled_from([0, 1, 2, 3, 4, 6, 8, 12, 16, 18, 20, 24, 36, 60, 96, 200]))
        if not duration:  # partitura cannot name a grace note that is altered more
            alter = max(-2, min(alter, 2))
        sounding = busy.setdefault((part, 12 * octave + "C D EF G A B".index(step) + alter), [])
        # One part cannot tie two notes of one pitch at one time.
        if any(onset <= end and start <= onset + duration for start, end in sounding):
            continue
        sounding.append((onset, onset + duration))
        staff, voice = draw(st.integers(1, 2)), draw(st.integers(1, 6))
        notes.append((onset, duration, step, alter, octave, part, staff, voice, duration == 0))
    keys = [(part, 0, draw(st.integers(-7, 7)), "") for part in range(num_parts)]
    return table_of(
        notes,
        divs=24,
        meters=draw(st.sampled_from(METERS)),
        keys=keys,
        pickup=draw(st.sampled_from([0, 12, 24])),
        parts=[f"Part {i}" for i in range(num_parts)],
    )


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(notes=tables())
def test_what_is_written_is_read_back(notes, tmp_path_factory):
    check_same(written(notes, tmp_path_factory.mktemp("law")), notes)


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(notes=tables())
def test_midi_keeps_times_and_pitches(notes, tmp_path_factory):
    found = written(notes, tmp_path_factory.mktemp("law"), "score.mid")
    factor = notes.divs_pq // found.divs_pq
    for name in ("onset_div", "duration_div"):
        np.testing.assert_array_equal(getattr(found, name) * factor, getattr(notes, name))
    np.testing.assert_array_equal(found.pitch, notes.pitch)
    barlines = found.measures.start_div * factor
    np.testing.assert_array_equal(barlines, notes.measures.start_div[: len(barlines)])
    if len(barlines) == 1 or len(notes.time_signatures) > 1:
        return  # a pickup alone is a measure of its length, and a short last one may be anything
    positions = found.measures.position_div * factor
    np.testing.assert_array_equal(positions, notes.measures.position_div[: len(barlines)])
    for name in ("beats", "beat_type"):
        np.testing.assert_array_equal(getattr(found, name), getattr(notes, name))


def as_measures(*lengths, meters=((0, 4, 4),)):
    """A table of quarter notes in measures of these lengths, 12 divisions per quarter note."""
    ends = np.cumsum(lengths)
    notes = simple(*((i, 12, "C", 4) for i in range(0, int(ends[-1]) - 11, 12)), meters=meters)
    signatures = TimeSignatureTable(*np.array(meters, dtype=np.int64).T)
    names = [str(i) for i in range(len(lengths))]
    measures = measure_table(ends - lengths, ends, names, signatures, 12)
    return replace(notes, measures=measures, time_signatures=signatures)


@pytest.mark.parametrize(
    "notes",
    [
        as_measures(12, 48, 48, 36),  # a pickup, and a last measure that makes up for it
        as_measures(48, 36, 12, 48),  # a divided measure
        as_measures(48, 24, 24, 48),
        as_measures(48, 48, 48, meters=((0, 4, 4), (48, 4, 4))),  # a signature once more
        as_measures(12, 48, 24, 24, meters=((0, 4, 4), (60, 2, 4))),
    ],
)
def test_incomplete_measures_come_back_from_midi(notes, tmp_path):
    found = written(notes, tmp_path, "score.mid")
    factor = notes.divs_pq // found.divs_pq
    for name in ("start_div", "end_div", "position_div"):
        times = getattr(found.measures, name) * factor
        np.testing.assert_array_equal(times, getattr(notes.measures, name), err_msg=name)
    for name in ("beats", "beat_type"):
        np.testing.assert_array_equal(getattr(found.measures, name), getattr(notes.measures, name))
        np.testing.assert_array_equal(
            getattr(found.time_signatures, name), getattr(notes.time_signatures, name)
        )


def test_barlines_of_measures_that_have_no_time_signature_are_kept_in_midi(tmp_path):
    notes = as_measures(48, 49, 49, 48, 7, 48)  # a 48th of a whole note more, and a length of 7/48
    found = written(notes, tmp_path, "score.mid")
    np.testing.assert_array_equal(found.measures.start_div, notes.measures.start_div)


@pytest.mark.parametrize("name", ["divisions", "duet", "piano"])
def test_toy_scores_are_read_back(toy, tmp_path, name):
    notes = read_score(toy / f"{name}.musicxml")
    check_same(written(notes, tmp_path), notes)


@pytest.mark.corpus
def test_chorales_are_read_back(chorale_home, tmp_path):
    paths = [piece.score for piece in MUSIC21_CHORALES.pieces[::40]]
    for path in fetch(MUSIC21_CHORALES, paths, chorale_home).values():
        notes = read_score(path)
        check_same(written(notes, tmp_path), notes)


@pytest.mark.corpus
@pytest.mark.filterwarnings("ignore::musebench.errors.ScoreWarning")
def test_piano_scores_are_read_back_and_drawn(asap_mirror, tmp_path_factory, tmp_path):
    pieces = [p.score for p in ASAP.pieces if p.piece_id.startswith(ASAP_PIECES)]
    assert len(pieces) >= 2
    for path in fetch(ASAP, pieces, tmp_path_factory.mktemp("asap")).values():
        notes = read_score(path)
        check_same(written(notes, tmp_path), notes)
        assert draw(tmp_path / "score.musicxml")


def draw(path):
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    assert toolkit.loadFile(str(path))
    return toolkit.renderToSVG(1)


def test_verovio_draws_all_notes(toy, tmp_path):
    write_score(read_score(toy / "piano.musicxml"), tmp_path / "score.musicxml")
    assert draw(tmp_path / "score.musicxml").count('class="note"') == 11  # one of ten is tied


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


def test_the_name_of_a_part_is_one_line(tmp_path):
    notes = simple((0, 48, "C", 4), parts=("Voice\n\n   Alto ",))
    write_score(notes, tmp_path / "out.musicxml")
    assert "<part-name>Voice Alto</part-name>" in (tmp_path / "out.musicxml").read_text("utf-8")


@pytest.mark.parametrize("suffix", [".musicxml", ".mid"])
def test_the_title_and_the_names_of_parts_are_kept(tmp_path, suffix):
    notes = table_of(
        [(0, 12, "C", 0, 4, part, 1, 1, False) for part in range(3)],
        keys=((0, 0, 0, ""),),
        parts=("Fl\u00f6te", "MusicXML Part", ""),
    )
    notes = replace(notes, title="Ein \x01 St\u00fcck\nin C")
    found = written(notes, tmp_path, f"score{suffix}")
    assert found.title == "Ein St\u00fcck in C"
    assert found.parts.name.tolist() == ["Fl\u00f6te", "", ""]
    assert "MusicXML Part" not in (tmp_path / f"score{suffix}").read_text("latin-1")


def test_the_title_is_in_mei(tmp_path):
    write_score(replace(simple((0, 12, "C", 4)), title="Lied"), tmp_path / "score.mei")
    assert etree.parse(str(tmp_path / "score.mei")).findtext(".//{*}title") == "Lied"


def test_a_grace_note_that_lasts_is_tied_to_what_it_becomes(tmp_path):
    notes = table_of([(0, 24, "C", 1, 5, 0, 1, 1, True), (24, 24, "D", 0, 5, 0, 1, 1, False)])
    root = elements(notes, tmp_path)
    grace, note = list(root.iter("note"))[:2]
    assert [grace.find("grace") is None, note.find("grace") is None] == [False, True]
    assert [grace.findtext("accidental"), note.findtext("accidental")] == ["sharp", None]
    found = read_score(tmp_path / "score.musicxml")
    check_same(found, notes)
    assert found.is_grace.tolist() == [True, False]


def test_partitura_reads_what_is_written(toy, tmp_path):
    import partitura

    notes = read_score(toy / "piano.musicxml")
    write_score(notes, tmp_path / "score.musicxml")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = partitura.load_musicxml(str(tmp_path / "score.musicxml")).note_array()
    assert sorted(array["pitch"].tolist()) == sorted(notes.pitch.tolist())


def values(events, beats=4, beat_type=4, divs=60):
    """Values of events (start, end) as type, dots and ratio."""
    heads = note_values([Event(*e, False) for e in events], Meter(beats, beat_type, divs))
    return [
        f"{h.type}{'.' * h.dots}{f' {h.tuplet.actual}:{h.tuplet.normal}' if h.tuplet else ''}"
        for h in heads
    ]


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


def test_midi_of_too_many_divisions_is_refused(tmp_path):
    notes = simple((0, 40_009, "C", 4), (40_009, 1, "D", 4), divs=40_009)
    with pytest.raises(ValueError, match="40,009 divisions; MIDI has up to 32,767"):
        write_score(notes, tmp_path / "score.mid")


def test_files_that_cannot_be_written_are_refused(tmp_path):
    notes = simple((0, 12, "C", 4))
    for name, message in {
        "score.pdf": r"\.pdf cannot be written; use MusicXML",
        "score": "a file without suffix cannot be written",
        "no/score.xml": "there is no folder .*no; make it first",
    }.items():
        with pytest.raises(ValueError, match=message):
            write_score(notes, tmp_path / name)
    (tmp_path / "folder.xml").mkdir()
    with pytest.raises(ValueError, match="is a folder; give the name of a file in it"):
        check_output(tmp_path / "folder.xml")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.xml"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ValueError, match="the folder cannot be written to"):
        check_output(tmp_path / "score.xml")


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "score.musicxml"
    path.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(StorageError, match=re.escape("cannot be written (No space left on dev")):
        write_score(simple((0, 12, "C", 4)), path)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("score.musicxml", "old")]


def musicxml_schema():
    """The schema that partitura ships, without what it would fetch from the network."""
    import partitura

    tree = etree.parse(f"{partitura.__path__[0]}/assets/musicxml.xsd")
    for element in list(tree.iter("{*}attribute", "{*}import")):
        reference = element.get("ref") or element.get("namespace") or ""
        if reference.startswith(("xml:", "xlink:", "http:")):
            element.getparent().remove(element)
    return etree.XMLSchema(tree)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(notes=tables())
def test_musicxml_is_valid(notes, tmp_path_factory):
    path = tmp_path_factory.mktemp("valid") / "score.musicxml"
    marks = [Mark(int(notes.onset_div[0]), "I6", color="#FF0000")]
    write_score(notes, path, marks=marks, colors=np.full(len(notes), "#00FF00"))
    schema = musicxml_schema()
    assert schema.validate(etree.parse(str(path))), schema.error_log
