"""MEI, kern and MIDI beside MusicXML, from a path or an address."""

import time
import zipfile

import numpy as np
import pytest

from bad_server import (
    COMMIT,
    byte_by_byte,
    chunked,
    endless,
    half,
    half_chunked,
    half_zipped,
    hang_up,
    headers_byte_by_byte,
    not_zipped,
    packed_otherwise,
    reset,
    right,
    status,
    zipped,
    zipped_half,
)
from musebench.errors import ScoreError, ScoreWarning
from musebench.score import read_score


def write(folder, name, data):
    (folder / name).write_bytes(data)
    return folder / name


def test_an_mei_score_by_eye(toy):
    notes = read_score(toy / "duet.mei")
    assert notes.divs_pq == 6
    assert notes.parts.name.tolist() == ["Violin", "Cello"]
    assert len(notes) == 13
    assert notes.duration_quarter[:5].tolist() == [4, 1, 0.5, 0.5, 2]  # both kinds of tie
    assert notes.alter.tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0]
    assert np.flatnonzero(notes.is_grace).tolist() == [11]
    assert set(notes.key_fifths) == {1}
    assert notes.beats.tolist() == [3] * 12 + [2]
    assert notes.measures.end_div.tolist() == [18, 36, 48]


def test_a_kern_score_by_eye(toy):
    notes = read_score(toy / "duet.krn")
    assert notes.divs_pq == 6
    assert len(notes) == 16
    assert notes.part.tolist()[:2] == [1, 0]  # the last spine is the highest part
    assert notes.duration_quarter[2] == 4  # tied over the barline
    assert notes.onset_quarter[5:8] == pytest.approx([2, 7 / 3, 8 / 3])
    assert notes.beat_position[:2].tolist() == [2, 2]
    assert notes.measures.position_div.tolist() == [12, 0, 0, 0]
    assert notes.key_signatures.mode.tolist() == ["", ""]


def test_a_midi_score_by_eye(tmp_path, midi):
    notes = read_score(write(tmp_path, "duet.mid", midi.toy_duet()))
    assert notes.divs_pq == 480
    assert notes.parts.name.tolist() == ["Right", "Left"]
    assert notes.pitch.tolist() == [39, 75, 70, 61, 62, 50, 66, 66, 69]
    assert "".join(notes.step) == "EEBCDDFFA"
    assert notes.alter.tolist() == [-1, -1, -1, 1, 0, 0, 1, 1, 0]
    assert notes.duration_div[6:8].tolist() == [480, 960]  # a unison on one channel
    assert notes.voice.tolist() == [1, 1, 1, 1, 1, 1, 1, 1, 2]
    assert notes.key_fifths.tolist() == [-3, -3, -3, -3, -3, -3, 2, 2, 2]
    assert notes.beats.tolist() == [3] * 5 + [2] * 4
    assert notes.measures.start_div.tolist() == [0, 1440]


def test_midi_measures_and_notes_are_those_of_partitura(tmp_path, midi):
    import warnings

    events = [midi.meter(0, 3, 4), midi.meter(1440, 6, 8)]
    for place in range(12):
        events += midi.note(240 * place, 240, 60 + place)
    path = write(tmp_path, "scale.mid", midi.build([events]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import partitura

        part = partitura.load_score_midi(str(path)).parts[0]
        theirs = part.note_array()
    ours = read_score(path)
    for name in ("onset_div", "duration_div", "pitch"):
        np.testing.assert_array_equal(getattr(ours, name), theirs[name])
    assert ours.measures.start_div.tolist() == [m.start.t for m in part.measures]


def test_a_performance_is_refused(tmp_path, midi):
    rng = np.random.default_rng(0)
    events = []
    for onset in np.cumsum(rng.integers(50, 400, 200)).tolist():
        events += midi.note(onset, 100, 60)
    with pytest.raises(ScoreError, match=r"performance without a metrical grid; give the score"):
        read_score(write(tmp_path, "played.mid", midi.build([events])))


def test_an_abc_score_by_eye(toy):
    with pytest.warns(ScoreWarning, match="it has 2 tunes; the first is read, and #2 after"):
        notes = read_score(toy / "duet.abc")
    assert notes.parts.name.tolist() == ["Violin", "Cello"]
    assert len(notes) == 18
    assert notes.duration_quarter[:3].tolist() == [1, 1, 4]  # tied over the barline
    assert np.flatnonzero(notes.is_grace).tolist() == [4]
    assert set(notes.key_fifths) == {1}
    assert notes.measures.name.tolist() == ["0", "1", "2", "3"]
    assert notes.beats.tolist() == [3] * 14 + [2] * 4
    assert read_score(f"{toy / 'duet.abc'}#2").key_fifths.tolist() == [-1] * 3


def test_one_of_several_scores_is_named_behind_the_file(toy, tmp_path):
    with pytest.raises(ScoreError, match=r"duet\.musicxml#2: #2 names one of several scores"):
        read_score(f"{toy / 'duet.musicxml'}#2")
    with pytest.raises(ScoreError, match=r"duet\.krn#2: it has 1 scores, and number 2"):
        read_score(f"{toy / 'duet.krn'}#2")
    odd = write(tmp_path, "no#1.krn", (toy / "duet.krn").read_bytes())  # a name, not a number
    assert len(read_score(odd)) == 16
    assert len(read_score(f"{toy / 'duet.krn'}#1")) == 16


KRN = "duet.krn"


def whole(handler, content):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(content)
    handler.close_connection = True


@pytest.fixture
def address(start, toy, monkeypatch):
    """The address of the toy score on a server that answers so."""
    monkeypatch.delenv("MUSEBENCH_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("musebench.score.source.DEADLINE_SECONDS", 1.2)
    content = (toy / KRN).read_bytes()
    return lambda answer: f"{start(answer, content={KRN: content}).address}/{COMMIT}/{KRN}?raw=1"


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("answer", [right, zipped, chunked, whole])
def test_a_score_is_read_from_an_address(address, answer):
    assert len(read_score(address(answer))) == 16
    assert len(read_score(f"{address(answer)}#1")) == 16


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (status(404), r"the download failed \(404 Not Found\); download it by hand"),
        (half, r"broke off after 151 bytes \(cut off\)"),
        (half_chunked, r"broke off after 151 bytes \(cut off\)"),
        (half_zipped, r"broke off after [0-9]+ bytes \(cut off\)"),
        (zipped_half, r"broke off after [0-9]+ bytes \(cut off\)"),
        (not_zipped, r"broke off after 0 bytes \(damaged: "),
        (reset, r"broke off after [0-9]+ bytes \(cut off\)|connection failed"),
        (hang_up, "connection failed"),
        (endless, "larger than the limit of 8 MB"),
        (byte_by_byte, r"the download failed \(too slow, incomplete after 1 s\)"),
        (headers_byte_by_byte, r"the download failed \(too slow, incomplete after 1 s\)"),
        (status(302, Location="file:///etc/hostname"), "No connection adapters"),
        (packed_otherwise, "compressed as 'br'; supported are deflate, gzip, x-gzip"),
    ],
)
def test_a_bad_answer_is_told_in_bounded_time(address, answer, message):
    started = time.monotonic()
    with pytest.raises(ScoreError, match=rf"{KRN}.*: .*{message}"):
        read_score(address(answer))
    assert time.monotonic() - started < 4


def test_addresses_are_refused_offline_and_beyond_http(monkeypatch):
    with pytest.raises(ScoreError, match="ftp:// is not read"):
        read_score("ftp://127.0.0.1/a.xml")
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    with pytest.raises(ScoreError, match="MUSEBENCH_OFFLINE is set"):
        read_score("https://127.0.0.1/a.xml")


@pytest.mark.corpus
def test_all_chorales_in_kern_have_the_notes_of_the_corpus(tmp_path, asap_mirror):
    archives = sorted(asap_mirror.glob("craigsapp/bach-370-chorales-*.zip"))
    if not archives:
        pytest.skip("MUSEBENCH_MIRROR has no chorales in kern")
    total = count = 0
    with zipfile.ZipFile(archives[0]) as archive:
        for name in archive.namelist():
            if name.endswith(".krn"):
                notes = read_score(write(tmp_path, "chorale.krn", archive.read(name)))
                assert len(notes.parts) == 4, name
                total, count = total + len(notes), count + 1
    assert (count, total) == (370, 84_623)


@pytest.mark.corpus
def test_midi_scores_are_told_from_performances(tmp_path, asap_mirror):
    (archive_path,) = asap_mirror.glob("CPJKU/asap-dataset-*.zip")
    with zipfile.ZipFile(archive_path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".mid")]
        scores = [name for name in names if name.endswith("midi_score.mid")]
        played = [name for name in names if not name.endswith("midi_score.mid")]
        for name in scores[::12]:
            read_score(write(tmp_path, "score.mid", archive.read(name)))
        for name in played[::15]:
            with pytest.raises(ScoreError, match="without a metrical grid"):
                read_score(write(tmp_path, "played.mid", archive.read(name)))
