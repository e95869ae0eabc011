"""Key signatures, pickups and times of a score to which a model is applied."""

import numpy as np
import pytest

import musebench
from apply_command import run
from musebench import read_score, write_score
from musebench.applied.arrange import is_unspelled, set_staves, sign, spell
from musebench.errors import InputError
from musebench.pitch import tpc_to_spelling
from musebench.score import tidy_times
from musebench.tasks import PITCH_SPELLING


def in_keys(*signatures):
    """A note table of one measure a signature, each with the seven notes of its scale."""
    from written_scores import table_of

    rows = []
    for measure, fifths in enumerate(signatures):
        for i, tpc in enumerate(range(fifths - 1, fifths + 6)):
            letter, alter = tpc_to_spelling(tpc)
            rows.append((48 * measure + 6 * i, 6, letter, alter, 4, 0, 0, 1, False))
    return table_of(rows)


def test_key_signatures_change_only_where_it_pays():
    signed = sign(in_keys(*[2] * 8, 1, *[2] * 8))
    assert signed.key_signatures.fifths.tolist() == [2]
    signed = sign(in_keys(*[2] * 20, *[-5] * 20))
    assert signed.key_signatures.fifths.tolist() == [2, -5]
    assert signed.measures.start_div.tolist().index(signed.key_signatures.onset_div[1]) == 20
    assert set(signed.key_fifths[-7:].tolist()) == {-5}


@pytest.fixture
def black_keys(tmp_path, midi):
    """A scale of G flat major, in a file that signs it."""
    pitches = [66, 68, 70, 71, 73, 75, 77, 78, 77, 75, 73, 71, 70, 68, 66, 66]
    events = [midi.key(0, "Gb")] + [
        e for i, p in enumerate(pitches) for e in midi.note(480 * i, 480, p)
    ]
    path = tmp_path / "black.mid"
    path.write_bytes(midi.build([events]))
    return path


def test_the_key_signatures_of_a_file_are_kept(black_keys, tmp_path):
    applied = musebench.apply("pitch-spelling", black_keys, model="ps13s1")
    assert applied.notes.key_signatures.fifths.tolist() == [-6]
    assert "".join(applied.notes.step[:8]) == "GABCDEFG"
    assert set(applied.notes.alter.tolist()) == {0, -1}
    names = PITCH_SPELLING.heads["spelling"]
    assert names[applied.labels["spelling"][0]] == "Gb"  # the labels say what is written
    applied.write(tmp_path / "out.musicxml")
    assert read_score(tmp_path / "out.musicxml").key_fifths.tolist() == [-6] * 16
    by_model = musebench.apply(
        "pitch-spelling", black_keys, model="ps13s1", key_signatures="model"
    ).notes
    assert by_model.key_signatures.fifths.tolist() == [6]
    assert set(by_model.alter.tolist()) == {0, 1}


def test_c_major_of_a_sequencer_says_nothing(tmp_path, midi, scale):
    pitches = [62, 64, 66, 67, 69, 71, 73, 74]
    events = [midi.key(0, "C")] + [
        e for i, p in enumerate(pitches) for e in midi.note(480 * i, 480, p)
    ]
    path = tmp_path / "d.mid"
    path.write_bytes(midi.build([events]))

    def fifths(source, chosen=None):
        found = musebench.apply("pitch-spelling", source, model="ps13s1", key_signatures=chosen)
        return found.notes.key_signatures.fifths.tolist()

    assert (fifths(path), fifths(path, "file"), fifths(scale)) == ([2], [0], [2])
    with pytest.raises(InputError, match="key signatures come from file or model, not 'both'"):
        fifths(path, "both")
    assert (
        run("pitch-spelling", path, "--model", "ps13s1", "--key-signatures", "file").exit_code == 0
    )


def test_other_tasks_keep_the_key_signatures_of_a_file(black_keys):
    notes = musebench.apply("voices", black_keys, model="nearest-pitch").notes
    assert notes.key_signatures.fifths.tolist() == [-6]
    assert notes.step[0] == "G"


def test_a_notated_score_keeps_its_key_signatures(toy):
    notes = read_score(toy / "piano.musicxml")
    found = musebench.apply("pitch-spelling", toy / "piano.musicxml", model="ps13s1").notes
    np.testing.assert_array_equal(found.key_fifths, notes.key_fifths)


@pytest.fixture
def upbeats(tmp_path, midi):
    """Ten measures of 3/4 from an upbeat of a quarter note, in a file that does not say so."""
    events = [midi.meter(0, 3, 4), *midi.note(0, 480, 67)]
    for start in range(480, 480 + 10 * 1440, 1440):
        events += midi.note(start, 960, 72) + midi.note(start + 960, 480, 74)
        events += midi.note(start, 1440, 48)
    path = tmp_path / "upbeats.mid"
    path.write_bytes(midi.build([events]))
    return path


def test_a_pickup_is_found_or_given(upbeats):
    def measures(**options):
        found = musebench.apply("cadence", upbeats, model="v-i-bass", **options).notes.measures
        lengths = found.end_div - found.start_div
        return (lengths[:2] / 480).tolist(), (found.position_div[:2] / 480).tolist(), found.name[0]

    assert measures() == ([1, 3], [2, 0], "0")
    assert measures(pickup=2) == ([2, 3], [1, 0], "0")
    assert measures(pickup=0) == ([3, 3], [0, 0], "1")
    for pickup in (3, -1, 2.999, float("nan"), float("inf")):
        with pytest.raises(InputError, match=r"a pickup of .* does not fit a score in 3/4; give 0"):
            measures(pickup=pickup)
    assert run("cadence", upbeats, "--model", "v-i-bass", "--pickup", "2").exit_code == 0


def test_a_notated_score_has_its_own_barlines(toy):
    with pytest.raises(InputError, match="a pickup can be given for MIDI only"):
        musebench.apply("cadence", toy / "piano.musicxml", model="v-i-bass", pickup=1)


def test_spelling_keeps_the_pitch():
    names = PITCH_SPELLING.heads["spelling"]
    notes = musebench_scale()
    spelled = spell(notes, np.array([names.index("B#"), names.index("Cb"), -100]))
    assert spelled.octave.tolist() == [3, 5, 4]
    assert spelled.step.tolist() == ["B", "C", notes.step[2]]


def musebench_scale():
    """Middle C, the B above it and the C above that, without names."""
    from written_scores import table_of

    return table_of(
        [
            (0, 12, "C", 0, 4, 0, 0, 1, False),
            (12, 12, "B", 0, 4, 0, 0, 1, False),
            (24, 12, "D", 0, 4, 0, 0, 1, False),
        ]
    )


def test_unspelled_is_what_only_midi_is(toy, scale):
    assert is_unspelled(read_score(scale))
    assert not is_unspelled(read_score(toy / "piano.musicxml"))
    assert set_staves(read_score(scale), np.zeros(20, dtype=np.int64)).staff.tolist() == [1] * 20


def test_times_that_were_played_short_are_written_out(tmp_path, midi):
    events = []
    for i in range(7):  # a septuplet whose ticks are rounded, each note a tick short
        start, end = round(i * 480 / 7), round((i + 1) * 480 / 7)
        events += midi.note(start, end - start - 1, 60 + i)
    for i in range(8):  # eighths at 95 %
        events += midi.note(480 + i * 240, 228, 72 + i)
    for i in range(3):  # a triplet at 95 %
        events += midi.note(2400 + i * 160, 152, 50 + i)
    path = tmp_path / "played.mid"
    path.write_bytes(midi.build([events]))
    notes = tidy_times(read_score(path))
    np.testing.assert_allclose(
        notes.duration_quarter, [1 / 7] * 7 + [1 / 2] * 8 + [1 / 3] * 3, rtol=1e-12
    )
    assert notes.divs_pq == 42


SHORT = {
    "95 %": lambda ticks: ticks * 95 // 100,
    "80 %": lambda ticks: ticks * 80 // 100,
    "75 %": lambda ticks: ticks * 75 // 100,
    "10 ticks": lambda ticks: ticks - 10,
    "30 ticks": lambda ticks: ticks - 30,
}


@pytest.mark.parametrize(
    ("how", "slurred"),
    [*((how, 0) for how in SHORT), *((how, 5) for how in SHORT if how != "75 %")],
)
def test_articulation_is_no_rest(tmp_path, midi, how, slurred):
    """Half, quarter and eighth notes, triplets, and rests, all or not all of them played short."""
    written = [960, 480, 240, 240, 480, 160, 160, 160, -480, 1440, 240, -240] * 8
    events, now = [], 0
    for i, ticks in enumerate(written):
        played = ticks if slurred and i % slurred == 0 else SHORT[how](ticks)
        events += midi.note(now, played, 60 + i % 12) if ticks > 0 else []
        now += abs(ticks)
    path = tmp_path / "played.mid"
    path.write_bytes(midi.build([events]))
    notes = tidy_times(read_score(path))
    wanted = [ticks / 480 for ticks in written if ticks > 0]
    np.testing.assert_allclose(notes.duration_quarter, wanted, rtol=1e-12)


def test_staccato_that_is_written_stays(tmp_path, midi):
    events = [e for i in range(16) for e in midi.note(240 * i, 240, 60 + i)]
    events += [e for i in range(16) for e in midi.note(480 * i, 240, 72 + i)]  # with eighth rests
    path = tmp_path / "written.mid"
    path.write_bytes(midi.build([events]))
    found = read_score(path)
    assert tidy_times(found) is found


def test_times_that_are_written_stay(toy, tmp_path):
    notes = read_score(toy / "piano.musicxml")
    assert tidy_times(notes) is notes
    write_score(notes, tmp_path / "score.mid")
    found = read_score(tmp_path / "score.mid")
    assert tidy_times(found) is found
