"""Score files -> note tables: toy scores by eye, real ones against partitura's own note arrays."""

import warnings

import numpy as np
import pytest

from musebench.errors import ScoreError, ScoreWarning
from musebench.score import read_score

ALL_OPTIONS = {
    f"include_{name}": True
    for name in (
        "pitch_spelling",
        "key_signature",
        "time_signature",
        "metrical_position",
        "grace_notes",
        "staff",
        "divs_per_quarter",
    )
}


def test_a_piano_score_by_eye(toy):
    notes = read_score(toy / "piano.musicxml")
    assert notes.divs_pq == 2
    assert notes.note_id.tolist() == ["a", "e", "c", "b", "d", "g", "f", "h", "i", "j"]
    assert notes.onset_div.tolist() == [0, 2, 2, 2, 4, 10, 10, 12, 20, 23]
    assert notes.duration_div.tolist() == [
        2,
        6,
        2,
        2,
        6,
        0,
        2,
        2,
        3,
        3,
    ]  # d is tied over the barline
    assert notes.pitch.tolist() == [69, 50, 74, 78, 76, 75, 76, 69, 70, 75]
    assert "".join(notes.step) == "ADDFEDEABE"
    assert notes.alter.tolist() == [0, 0, 0, 1, 0, 1, 0, 0, -1, -1]
    assert notes.octave.tolist() == [4, 3, 5, 5, 5, 5, 5, 4, 4, 5]
    assert notes.staff.tolist() == [1, 2, 1, 1, 1, 1, 1, 1, 1, 1]
    assert notes.voice.tolist() == [1, 5, 1, 1, 1, 1, 1, 1, 1, 1]
    assert np.flatnonzero(notes.is_grace).tolist() == [5]
    assert notes.key_fifths.tolist() == [2] * 8 + [-3] * 2
    assert notes.beats.tolist() == [3] * 8 + [6] * 2
    assert notes.beat_type.tolist() == [4] * 8 + [8] * 2
    assert notes.measure_index.tolist() == [0, 1, 1, 1, 1, 2, 2, 2, 4, 4]
    # The pick-up starts on the third beat, and so does the part of measure 2 after its repeat sign.
    assert notes.beat_position.tolist() == [2, 0, 0, 0, 1, 1, 1, 2, 0, 3]
    assert notes.onset_index.tolist() == [0, 1, 1, 1, 2, 3, 3, 4, 5, 6]


def test_measures_and_beats_by_eye(toy):
    notes = read_score(toy / "piano.musicxml")
    assert notes.measures.name.tolist() == ["0", "1", "2", "3", "4"]
    assert notes.measures.start_div.tolist() == [0, 2, 8, 14, 20]
    assert notes.measures.end_div.tolist() == [2, 8, 14, 20, 26]
    assert notes.measures.position_div.tolist() == [4, 0, 0, 0, 0]
    beats = notes.beat_table()
    assert beats.start_div.tolist() == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 21, 22, 23, 24, 25]
    assert beats.measure_index.tolist() == [0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4]
    assert beats.number.tolist() == [2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 3, 4, 5]


def test_parts_with_other_divisions_share_a_time(toy):
    notes = read_score(toy / "duet.musicxml")
    assert notes.divs_pq == 6
    assert notes.onset_div.tolist() == [0, 0, 2, 4, 6, 6, 9]
    assert notes.note_id[0] == "P01_note0"
    assert notes.parts.name.tolist() == ["Flute", "Clarinet"]
    assert notes.key_fifths[notes.part == 1].tolist() == [2, 2, 2, 2]
    assert notes.key_fifths[notes.part == 0].tolist() == [0, 0, 0]


def test_divisions_that_change_are_brought_to_common_ones(toy):
    notes = read_score(toy / "divisions.musicxml")
    assert notes.divs_pq == 6
    assert notes.onset_div.tolist() == [0, 3, 14]
    assert notes.duration_div.tolist() == [3, 11, 10]
    assert notes.onset_quarter[1] + notes.duration_quarter[1] == pytest.approx(7 / 3)


def test_a_table_is_a_pandas_table(toy):
    frame = read_score(toy / "duet.musicxml").to_frame()
    assert frame.shape == (7, 16)
    assert frame["pitch"].tolist()[:2] == [64, 72]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.xml", None, "missing.xml: there is no such file"),
        ("score.pdf", "x", r"score.pdf: \.pdf is not read; give MusicXML"),
        ("broken.xml", "<score-partwise>", "broken.xml: cannot be read as MusicXML"),
        ("other.xml", "<html/>", "only score-partwise and score-timewise structure is"),
        ("empty.musicxml", "<score-partwise/>", "empty.musicxml.*it has no pitched notes"),
    ],
)
def test_bad_files_are_refused(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(ScoreError, match=message):
        read_score(tmp_path / name)


@pytest.mark.filterwarnings("ignore:.*filled up with silence")
def test_negative_durations_of_broken_tuplets_become_zero(toy, tmp_path):
    text = (toy / "duet.musicxml").read_text().replace("<duration>3<", "<duration>-1<")
    (tmp_path / "negative.musicxml").write_text(text)
    with pytest.warns(ScoreWarning, match="a <note> of negative duration lasts 0"):
        assert read_score(tmp_path / "negative.musicxml").duration_div.min() == 0


def partitura_columns(path):
    """Partitura's note array in a fixed order, by our column names, times in quarter notes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import partitura

        array = partitura.load_musicxml(str(path)).note_array(**ALL_OPTIONS)
    columns = {name: array[name] for name in ("pitch", "step", "alter", "octave", "staff", "voice")}
    columns |= {
        "onset": array["onset_div"] / array["divs_pq"],
        "duration": array["duration_div"] / array["divs_pq"],
        "is_grace": array["is_grace"].astype(bool),
        "key_fifths": array["ks_fifths"],
        "beats": array["ts_beats"],
        "beat_type": array["ts_beat_type"],
    }
    return in_fixed_order(columns)


def our_columns(notes):
    names = ("pitch", "step", "alter", "octave", "staff", "voice")
    columns = {name: getattr(notes, name) for name in names}
    columns |= {"onset": notes.onset_quarter, "duration": notes.duration_quarter}
    for name in ("is_grace", "key_fifths", "beats", "beat_type"):
        columns[name] = getattr(notes, name)
    return in_fixed_order(columns)


def in_fixed_order(columns):
    order = np.lexsort(
        [columns[c] for c in ("is_grace", "step", "staff", "voice", "duration", "pitch", "onset")]
    )
    return {name: column[order] for name, column in columns.items()}


def assert_equal_notes(path):
    theirs, ours = partitura_columns(path), our_columns(read_score(path))
    for name, column in theirs.items():
        np.testing.assert_array_equal(ours[name], column, err_msg=f"{path} {name}")


@pytest.mark.parametrize("name", ["piano", "duet"])
def test_toy_scores_are_note_for_note_those_of_partitura(toy, name):
    assert_equal_notes(toy / f"{name}.musicxml")


@pytest.mark.corpus
@pytest.mark.usefixtures("chorale_home")
def test_chorales_are_note_for_note_those_of_partitura():
    from musebench.corpora import MUSIC21_CHORALES, fetch

    for file in fetch(MUSIC21_CHORALES, [p.score for p in MUSIC21_CHORALES.pieces[::20]]).values():
        assert_equal_notes(file)


@pytest.mark.corpus
@pytest.mark.usefixtures("asap_mirror")
@pytest.mark.filterwarnings("ignore::musebench.errors.ScoreWarning")
def test_asap_scores_are_note_for_note_those_of_partitura(tmp_path):
    from musebench.corpora import ASAP, fetch

    files = fetch(ASAP, [piece.score for piece in ASAP.pieces[5::24]], tmp_path).values()
    # To partitura, every cue note sounds.
    compared = [file for file in files if b"<cue" not in file.read_bytes()]
    for file in compared:
        assert_equal_notes(file)
    assert len(compared) >= 4
    odd = "Chopin/Etudes_op_25/2/xml_score.musicxml"  # its divisions change
    assert len(read_score(fetch(ASAP, [odd], tmp_path)[odd])) == 1203
