"""What is written is read back, as MusicXML and MIDI, and what cannot be written is refused."""

import os
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from musebench.corpora import ASAP, MUSIC21_CHORALES, fetch
from musebench.errors import StorageError
from musebench.score import Mark, TimeSignatureTable, check_output, read_score, write_score
from musebench.score.assemble import measure_table
from written_scores import check_same, draw, elements, simple, table_of, tables, written

ASAP_PIECES = ("Bach/Fugue/bwv_858", "Chopin/Etudes_op_25/11", "Ravel/Miroirs/3_Une_Barque")


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


def test_verovio_draws_all_notes(toy, tmp_path):
    write_score(read_score(toy / "piano.musicxml"), tmp_path / "score.musicxml")
    assert draw(tmp_path / "score.musicxml").count('class="note"') == 11  # one of ten is tied


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
