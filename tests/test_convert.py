"""Note tables from and to partitura, music21 and pandas: what comes back is what went in."""

import importlib.util
import re
import sys
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from musebench import apply, read_score, write_score
from musebench.boards import BOARDS
from musebench.errors import InputError, MissingDependencyError, ScoreError
from musebench.score import NoteTable
from musebench.store import load_notes
from written_scores import TABLES, tables

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # partitura's own imports are not up to date
    import partitura
    from partitura.score import Note, Part, Score

TOYS = ("piano.musicxml", "duet.musicxml", "divisions.musicxml", "four_voices.musicxml", "duet.krn")
HAS_MUSIC21 = importlib.util.find_spec("music21") is not None
laws = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def check_same(found, wanted):
    """All of two note tables is equal, the type of numbers and the length of texts too."""
    assert found.divs_pq == wanted.divs_pq
    whole = {"notes": (found, wanted)}
    whole |= {name: (getattr(found, name), getattr(wanted, name)) for name in TABLES}
    for name, (one, other) in whole.items():
        assert one.columns().keys() == other.columns().keys()
        for column, values in other.columns().items():
            place = f"{name}.{column}"
            np.testing.assert_array_equal(one.columns()[column], values, err_msg=place)
            assert one.columns()[column].dtype.kind == values.dtype.kind, place


def load(path):
    """A score as partitura loads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return partitura.load_musicxml(str(path))


# partitura


@laws
@given(notes=tables())
def test_a_score_of_partitura_keeps_everything(notes):
    if len(notes.parts) > 1:  # then readers put the part in front
        parts = zip(notes.part.tolist(), notes.note_id, strict=True)
        notes = replace(notes, note_id=np.array([f"P{part:02d}_{name}" for part, name in parts]))
    check_same(NoteTable.from_partitura(notes.to_partitura()), notes)


@pytest.mark.parametrize("name", TOYS)
def test_toy_scores_go_to_partitura_and_back(name, toy):
    notes = read_score(toy / name)
    check_same(read_score(notes.to_partitura()), notes)


@pytest.mark.parametrize("name", [name for name in TOYS if name.endswith("xml")])
def test_what_partitura_loads_is_what_is_read(name, toy, tmp_path):
    check_same(read_score(load(toy / name)), read_score(toy / name))
    write_score(read_score(toy / name), tmp_path / name)
    check_same(read_score(load(tmp_path / name)), read_score(tmp_path / name))


def test_notes_of_partitura_are_tied_over_barlines(toy):
    notes = read_score(toy / "piano.musicxml")
    long = replace(notes, duration_div=np.where(notes.is_grace, 0, 5 * notes.divs_pq))
    score = long.to_partitura()
    assert isinstance(score, Score)
    heads = [(head.start.t, head.end.t) for head in score.parts[0].notes]
    assert len(heads) > len(notes)
    for barline in notes.measures.start_div.tolist():
        assert not any(start < barline < end for start, end in heads)
    np.testing.assert_array_equal(NoteTable.from_partitura(score).duration_div, long.duration_div)


def twins(**columns):
    """Two notes that are equal but for their names, and what is given."""
    plain = {"onset_div": [0, 0], "duration_div": [4, 4], "pitch": [60, 60], "note_id": ["b", "a"]}
    return NoteTable.from_frame(pd.DataFrame(plain | columns), divs_pq=4)


def test_twins_keep_their_order(toy):
    read = NoteTable.from_partitura(twins().to_partitura())
    check_same(NoteTable.from_partitura(read.to_partitura()), read)
    turned = twins(voice=[2, 1])  # as voices are after `apply`: in no order
    assert turned.note_id.tolist() == ["b", "a"]
    check_same(NoteTable.from_frame(turned.to_frame()), turned)


def test_a_part_and_a_list_of_parts_are_scores(toy):
    notes = read_score(toy / "duet.musicxml")
    parts = notes.to_partitura().parts
    check_same(read_score(parts), notes)
    alone = read_score(parts[1])
    np.testing.assert_array_equal(alone.pitch, notes.pitch[notes.part == 1])
    assert not alone.part.any()


def test_a_transposing_part_of_partitura_is_read_as_it_sounds(toy, tmp_path):
    text = (toy / "duet.musicxml").read_text("utf-8")
    transpose = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    text, count = re.subn(r"</attributes>", f"{transpose}</attributes>", text, count=1)
    assert count
    (tmp_path / "clarinet.musicxml").write_text(text, "utf-8")
    notes = read_score(tmp_path / "clarinet.musicxml")
    check_same(read_score(load(tmp_path / "clarinet.musicxml")), notes)
    plain = read_score(toy / "duet.musicxml")
    assert sorted(plain.pitch - 2) != sorted(notes.pitch) != sorted(plain.pitch)
    assert (notes.key_fifths != plain.key_fifths).any()


def test_what_takes_a_score_takes_one_of_partitura(toy):
    score = load(toy / "piano.musicxml")
    spelled = [
        apply("pitch-spelling", given, model="ps13s1").records()
        for given in (score, toy / "piano.musicxml")
    ]
    assert spelled[0] == spelled[1]


@pytest.mark.parametrize(("score", "kind"), [(7, "int"), (None, "NoneType"), ([], "list"),
                                             ([1], "list"), ({}, "dict")])  # fmt: skip
def test_what_is_no_score_is_refused(score, kind):
    with pytest.raises(InputError, match=f"a {kind} is not a score; give a path, .*of partitura"):
        read_score(score)


def test_a_score_of_partitura_without_notes_is_refused():
    with pytest.raises(ScoreError, match="the Part of partitura cannot be read: it has no pitched"):
        read_score(Part("P1"))


def test_a_note_of_partitura_without_a_letter_is_refused():
    part = Part("P1", quarter_duration=4)
    part.add(Note(step="H", octave=4), 0, 4)
    with pytest.raises(ScoreError, match="a note has the pitch 'H' in octave 4"):
        read_score(part)


@pytest.mark.corpus
@pytest.mark.parametrize("board", ["chorale-pitch-spelling", "asap-pitch-spelling",
                                   "dcml-voice-separation", "lieder-melody"])  # fmt: skip
def test_real_scores_go_to_partitura_and_to_pandas_and_back(board, chorale_home, at_hand):
    at_hand(board)
    stored = load_notes(BOARDS[board].corpus, chorale_home).tables
    for piece in list(stored)[::25]:
        check_same(NoteTable.from_partitura(stored[piece].to_partitura()), stored[piece])
        check_same(NoteTable.from_frame(stored[piece].to_frame()), stored[piece])


# music21


@pytest.mark.skipif(not HAS_MUSIC21, reason="music21 is not installed")
@pytest.mark.parametrize("name", ["piano.musicxml", "duet.musicxml"])
def test_a_score_of_music21_has_the_notes(name, toy):
    notes = read_score(toy / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = notes.to_music21()
        found = []
        for element in (e for part in score.parts for e in part.stripTies().flatten().notes):
            onset, duration = float(element.offset), float(element.quarterLength)
            found += [(onset, p.midi, p.nameWithOctave, duration) for p in element.pitches]
    names = [f"{step}{'#' * alter if alter > 0 else '-' * -alter}{octave}" for step, alter, octave
             in zip(notes.step, notes.alter, notes.octave, strict=True)]  # fmt: skip
    columns = (notes.onset_quarter, notes.pitch, names, notes.duration_quarter)
    assert sorted(found) == sorted(zip(*columns, strict=True))


def test_without_music21_a_sentence_says_what_to_install(toy, monkeypatch):
    monkeypatch.setitem(sys.modules, "music21", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'musebench\[chorales\]'"):
        read_score(toy / "piano.musicxml").to_music21()


# pandas


@laws
@given(notes=tables())
def test_a_frame_keeps_everything(notes):
    check_same(NoteTable.from_frame(notes.to_frame()), notes)


@pytest.mark.parametrize("name", TOYS)
def test_a_frame_of_an_arranged_score_keeps_its_order(name, toy):
    notes = apply("voices", toy / name, model="nearest-pitch").notes
    check_same(NoteTable.from_frame(notes.to_frame()), notes)


def test_a_frame_may_be_stored_and_copied(toy, tmp_path):
    notes = read_score(toy / "duet.musicxml")
    frame = notes.to_frame()
    frame.to_parquet(tmp_path / "notes.parquet")
    check_same(NoteTable.from_frame(pd.read_parquet(tmp_path / "notes.parquet")), notes)
    check_same(NoteTable.from_frame(frame.copy().reset_index(drop=True)), notes)


def test_a_frame_in_another_order_is_sorted(toy):
    notes = read_score(toy / "duet.musicxml")
    check_same(NoteTable.from_frame(notes.to_frame().iloc[::-1]), notes)


def test_what_follows_from_other_columns_is_looked_up(toy):
    notes = read_score(toy / "piano.musicxml")
    frame = notes.to_frame()
    later = frame[frame["onset_div"] >= notes.measures.end_div[0]].assign(onset_div=0)
    found = NoteTable.from_frame(later)
    assert len(found) == len(later) < len(notes)
    assert not found.measure_index.any()
    assert (found.measure_position_div == notes.measures.position_div[0]).all()


def test_a_table_of_anyone_s_notes():
    frame = pd.DataFrame({"onset_div": [0, 6, 12, 48], "duration_div": [6, 6, 0, 12.0],
                          "pitch": [60, 61, 63, 70]})  # fmt: skip
    notes = NoteTable.from_frame(frame, divs_pq=12)
    assert [f"{s}{a:+d}" for s, a in zip(notes.step, notes.alter, strict=True)] == [
        "C+0", "C+1", "E-1", "B-1"
    ]  # fmt: skip
    assert notes.is_grace.tolist() == [False, False, True, False]
    assert notes.measure_index.tolist() == [0, 0, 0, 1]
    assert (notes.beats.tolist(), notes.beat_type.tolist()) == ([4] * 4, [4] * 4)
    assert notes.measures.end_div.tolist() == [48, 96]
    spelled = frame.assign(step=["C", "D", "D", "A"], alter=[0, -1, 1, 1], octave=4)
    assert NoteTable.from_frame(spelled, divs_pq=12).alter.tolist() == [0, -1, 1, 1]
    assert NoteTable.from_frame(spelled.drop(columns="pitch"), divs_pq=12).pitch[3] == 70


PLAIN = {"onset_div": [0, 1], "duration_div": [1, 1], "pitch": [60, 62]}
REFUSED = {
    "how long a quarter note is: give divs_pq": ({}, None),
    "the frame has no column 'pitch'; a note has at least": ({"pitch": None}, 4),
    "the frame has no column 'onset_div'; a note has at least": ({"onset_div": None}, 4),
    "row 1 of the column 'onset_div' is 0.5, which is not a whole": ({"onset_div": [0, 0.5]}, 4),
    "row 0 of the column 'pitch' is C4, which is not a": ({"pitch": ["C4", "D4"]}, 4),
    "row 0 of the column 'voice' is nan, which is not a": ({"voice": [None, 1.0]}, 4),
    "give all three, or pitch alone": ({"step": ["C", "D"]}, 4),
    r"a letter of CDEFGAB\), alter and octave": (
        {"step": ["C", "H"], "alter": [0, 0], "octave": [4, 4]}, 4
    ),
    "row 1 is spelled as the pitch 64, and its pitch is another": (
        {"step": ["C", "E"], "alter": [0, 0], "octave": [4, 4]}, 4
    ),
    "the column 'part' counts the parts from 0": ({"part": [-1, 0]}, 4),
    "negative onset_div or duration_div": ({"duration_div": [1, -1]}, 4),
    "outside the MIDI pitches": ({"pitch": [60, 128]}, 4),
    "has no rows": ({name: [] for name in PLAIN}, 4),
    r"divisions of a quarter note are '2\.5', and 1 to 1,000,000,000": ({}, 2.5),
    "divisions of a quarter note are '0'": ({}, 0),
    "it lasts more than 1,000,000 quarter notes": ({"onset_div": [0, 2**62]}, 4),
}  # fmt: skip


def test_what_is_no_frame_is_refused():
    with pytest.raises(InputError, match="a dict is not a pandas table; give a DataFrame"):
        NoteTable.from_frame(PLAIN, 4)


@pytest.mark.parametrize("message", REFUSED)
def test_a_frame_that_is_no_score_is_refused(message):
    changes, divs_pq = REFUSED[message]
    columns = {name: c for name, c in (PLAIN | changes).items() if c is not None}
    with pytest.raises(InputError, match=message):
        NoteTable.from_frame(pd.DataFrame(columns), divs_pq)
