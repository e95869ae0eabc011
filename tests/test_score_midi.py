"""MIDI as programs write it: chunks, messages, metas, and what they say of measures."""

import struct
import warnings
from fractions import Fraction

import pytest

from musebench.errors import ScoreError, ScoreWarning
from musebench.score import estimate_pickup, join_hands, read_score, set_pickup

END = b"\x00\xff\x2f\x00"
C4 = b"\x00\x90\x3c\x50\x83\x60\x80\x3c\x00"  # a quarter note of 480 ticks
D4 = b"\x00\x90\x3e\x50\x83\x60\x80\x3e\x00"
BOTH = [(0, 480, 60), (480, 480, 62)]


def chunk(content, name=b"MTrk", length=None):
    return name + struct.pack(">I", len(content) if length is None else length) + content


def smf(*chunks, kind=1, count=None, header=b""):
    count = len(chunks) if count is None else count
    start = struct.pack(">IHHH", 6 + len(header), kind, count, 480)
    return b"MThd" + start + header + b"".join(chunks)


def meter(beats, halvings):
    return b"\x00\xff\x58\x04" + bytes([beats, halvings, 24, 8])


def read(folder, data, name="a.mid"):
    """Notes as (onset, duration, pitch), and what was warned of, without the name of the file."""
    (folder / name).write_bytes(data)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ScoreWarning)
        notes = read_score(folder / name)
    rows = zip(
        *(c.tolist() for c in (notes.onset_div, notes.duration_div, notes.pitch)), strict=True
    )
    return notes, list(rows), [str(w.message).split(": ", 1)[1] for w in told]


GOOD = C4 + D4 + END
FILES = {
    "as it should be": (smf(chunk(GOOD)), None),
    "a longer header": (smf(chunk(GOOD), header=b"abcd"), None),
    "a chunk of another kind": (smf(chunk(b"abc", b"XFIH"), chunk(GOOD), count=1), None),
    "text behind the last track": (smf(chunk(GOOD)) + b"\nmade by me\n", None),
    "zeros behind the end of the track": (smf(chunk(GOOD + bytes(5))), None),
    "events behind the end of the track": (smf(chunk(GOOD + C4)), "what stands behind the end"),
    "no end of the track": (smf(chunk(C4 + D4)), None),
    "no end of a track before another": (smf(chunk(C4 + D4), chunk(END)), None),
    "more tracks announced": (smf(chunk(GOOD), count=3), "announces 3 tracks, and 1 are read"),
    "fewer tracks announced": (smf(chunk(END), chunk(GOOD), count=1), "announces 1 tracks, and 2"),
    "a chunk too long": (smf(chunk(GOOD, length=999)), None),
    "a chunk too long before another": (smf(chunk(GOOD, length=50), chunk(END)), None),
    "a chunk too short": (smf(chunk(GOOD, length=10)), None),
    "a chunk too short before another": (smf(chunk(END + b"", length=2), chunk(GOOD)), None),
    "zeros between chunks": (smf(chunk(END) + bytes(3), chunk(GOOD)), None),
    "cut off after a note": (smf(chunk(GOOD, length=99))[:40], "a track is cut off"),
    "cut off inside an event": (smf(chunk(C4 + D4 + b"\x00\xff\x01\x30abc")), "a track is cut off"),
    "running status": (smf(chunk(C4[:4] + b"\x83\x60\x3c\x00\x00\x3e\x50\x83\x60\x3e\x00")), None),
    "running status over a meta": (
        smf(chunk(C4[:4] + b"\x00\xff\x01\x01x\x83\x60\x3c\x00\x00\x3e\x50\x83\x60\x3e\x00")), None,
    ),
    "running status over exclusive": (
        smf(chunk(C4[:4] + b"\x00\xf0\x02a\xf7\x83\x60\x3c\x00\x00\x3e\x50\x83\x60\x3e\x00")), None,
    ),
    "exclusive in packets": (
        smf(chunk(b"\x00\xf0\x03\x43\x12\x00" + C4 + b"\x00\xf7\x03\x43\x12\xf7" + D4)), None,
    ),
    "an escaped song select": (smf(chunk(b"\x00\xf7\x02\xf3\x01" + GOOD)), None),
    "escaped notes": (
        smf(chunk(b"\x00\xf7\x03\x90\x3c\x40\x83\x60\xf7\x03\x80\x3c\x40" + D4)), None,
    ),
    "clocks and undefined messages": (smf(chunk(b"\x00\xf8\x00\xf4\x00\xf9" + GOOD)), None),
    "a velocity above 127": (
        smf(chunk(C4.replace(b"\x50", b"\xff") + D4)), "a velocity above 127 is read as 127",
    ),
    "a controller above 127": (smf(chunk(b"\x00\xb0\x07\x90" + GOOD)), None),
    "an unknown meta": (smf(chunk(b"\x00\xff\x4b\x02ab" + GOOD)), None),
    "a tempo of two bytes": (smf(chunk(b"\x00\xff\x51\x02\x07\xa1" + GOOD)), None),
    "sequence numbers": (smf(chunk(b"\x00\xff\x00\x00\x00\xff\x00\x02\x00\x01" + GOOD)), None),
    "a key of nine sharps": (
        smf(chunk(b"\x00\xff\x59\x02\x09\x00" + GOOD)), "a key signature at tick 0 cannot be read",
    ),
    "a key without content": (smf(chunk(b"\x00\xff\x59\x00" + GOOD)), "a key signature at tick 0"),
    "a meter of one byte": (smf(chunk(b"\x00\xff\x58\x01\x04" + GOOD)), "a time signature at tick"),
    "a meter of 0": (smf(chunk(meter(0, 2) + GOOD)), "a time signature at tick 0 cannot be read"),
    "a meter of 255 halvings": (smf(chunk(meter(4, 255) + GOOD)), "a time signature at tick 0"),
    "a note ended twice": (smf(chunk(C4 + b"\x00\x80\x3c\x00" + D4)), None),
    "a note that never ends": (
        smf(chunk(C4 + D4[:4] + b"\x83\x60\xff\x2f\x00")), "a note that is never ended lasts to",
    ),
    "notes silenced": (smf(chunk(C4[:4] + b"\x83\x60\xb0\x7b\x00" + D4)), None),
    "drums": (smf(chunk(b"\x00\x99\x24\x50\x00\x99\x26\x50\x00\x99\x24\x00" + GOOD)),
              r"a note of the percussion channel is left out (2 times)"),
    "type 0": (smf(chunk(GOOD), kind=0), None),
    "type 2 with one track of notes": (smf(chunk(END), chunk(GOOD), kind=2), None),
    "RIFF": (b"RIFF\x00\x00\x00\x00RMIDLIST\x03\x00\x00\x00abc\x00data\xff\xff\x00\x00"
             + smf(chunk(GOOD)), None),
    "MacBinary": (bytes(128) + smf(chunk(GOOD)), None),
}  # fmt: skip


@pytest.mark.parametrize("what", FILES)
def test_what_programs_write_is_read(tmp_path, what):
    data, warning = FILES[what]
    _, rows, told = read(tmp_path, data)
    assert rows == BOTH
    assert len(told) == (warning is not None)
    assert warning is None or warning in told[0]


@pytest.mark.parametrize("name", ["a.kar", "a.rmi", "a.midi", "a.MID"])
def test_other_suffixes_of_midi(tmp_path, name):
    words = chunk(b"\x00\xff\x03\x05Words\x00\xff\x01\x02la" + END)
    notes, rows, _ = read(tmp_path, smf(words, chunk(GOOD)), name)
    assert rows == BOTH
    assert len(notes.parts) == 1


def test_notes_of_one_key_end_in_their_order(tmp_path):
    start, end = b"\x00\x90\x3c\x50", b"\x83\x60\x80\x3c\x00"
    wait = b"\x83\x60\xb0\x01\x00"
    _, rows, told = read(tmp_path, smf(chunk(start + wait + start + end + end + END)))
    assert (rows, told) == ([(0, 960, 60), (480, 960, 60)], [])
    # A key struck again, and released once: both notes end there, not with the track.
    _, rows, told = read(tmp_path, smf(chunk(start + wait + start + end + wait + END)))
    assert rows == [(0, 960, 60), (480, 480, 60)]
    assert told == ["a note that is never ended lasts to the last end of its key, or of its track."]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("Flöte".encode(), "Flöte"), ("Flöte".encode("latin-1"), "Flöte"),
        ("ピアノ".encode("shift_jis"), "ピアノ"), ("L\u2019Été".encode("cp1252"), "L\u2019Été"),
        (b"Piano\x00\x01 left\n", "Piano left"), (b"", ""),
    ],
)  # fmt: skip
def test_names_in_any_encoding(tmp_path, content, name):
    data = smf(chunk(b"\x00\xff\x03" + bytes([len(content)]) + content + GOOD))
    assert read(tmp_path, data)[0].parts.name.tolist() == [name]


def test_a_part_without_a_name_is_named_as_its_instrument(tmp_path):
    program, instrument = b"\x00\xc0\x2a", b"\x00\xff\x04\x05Cello"
    other = GOOD.replace(b"\x90", b"\x91").replace(b"\x80", b"\x81")
    chunks = [chunk(instrument + GOOD), chunk(program + GOOD), chunk(GOOD), chunk(other)]
    names = read(tmp_path, smf(*chunks))[0].parts.name.tolist()
    assert names == ["Cello", "Strings", "Strings", ""]  # a program is that of a channel


@pytest.mark.parametrize(
    ("content", "fifths", "mode"),
    [(b"\x02\xfd\x01", -3, "minor"), (b"\x01\xfd", -3, ""), (b"\x03\x02\x00\x09", 2, "major"),
     (b"\x02\x02\x07", 2, "")],
)  # fmt: skip
def test_key_signatures_of_odd_lengths(tmp_path, content, fifths, mode):
    notes, _, told = read(tmp_path, smf(chunk(b"\x00\xff\x59" + content + GOOD)))
    assert (notes.key_signatures.fifths.tolist(), notes.key_signatures.mode.tolist()) == (
        [fifths], [mode],
    )  # fmt: skip
    assert told == []


def test_a_meter_of_two_bytes(tmp_path):
    notes, _, told = read(tmp_path, smf(chunk(b"\x00\xff\x58\x02\x03\x03" + GOOD)))
    assert (notes.beats.tolist(), notes.beat_type.tolist(), told) == ([3, 3], [8, 8], [])


def measures_of(folder, midi, meters, quarters):
    """Lengths and positions of measures in quarters, names, and the time signatures."""
    events = [midi.meter(480 * time, beats, kind) for time, beats, kind in meters]
    events += [e for i in range(quarters) for e in midi.note(480 * i, 480, 60)]
    (folder / "a.mid").write_bytes(midi.build([events]))
    notes = read_score(folder / "a.mid")
    table, signatures = notes.measures, notes.time_signatures
    columns = (signatures.onset_div // 480, signatures.beats, signatures.beat_type)
    return (
        ((table.end_div - table.start_div) // 480).tolist(),
        (table.position_div // 480).tolist(),
        table.name.tolist(),
        list(zip(*(column.tolist() for column in columns), strict=True)),
    )


@pytest.mark.parametrize(
    ("meters", "quarters", "lengths", "positions", "first", "signatures"),
    [
        # A pickup, and a last measure that makes up for it.
        ([(0, 1, 4), (1, 4, 4), (9, 3, 4)], 12, [1, 4, 4, 3], [3, 0, 0, 0], "0", [(0, 4, 4)]),
        # A pickup and a change of meter at the end.
        ([(0, 1, 4), (1, 4, 4), (9, 2, 4)], 11, [1, 4, 4, 2], [3, 0, 0, 0], "0",
         [(0, 4, 4), (9, 2, 4)]),
        # A divided measure, in unequal and in equal parts.
        ([(0, 4, 4), (4, 3, 4), (7, 1, 4), (8, 4, 4)], 12, [4, 4, 4], [0, 0, 0], "1",
         [(0, 4, 4)]),
        ([(0, 4, 4), (4, 2, 4), (8, 4, 4)], 12, [4, 4, 4], [0, 0, 0], "1", [(0, 4, 4)]),
        # Real changes of meter.
        ([(0, 4, 4), (4, 2, 4), (6, 4, 4)], 10, [4, 2, 4], [0, 0, 0], "1",
         [(0, 4, 4), (4, 2, 4), (6, 4, 4)]),
        ([(0, 4, 4), (4, 3, 4), (7, 1, 4), (8, 3, 4)], 11, [4, 3, 1, 3], [0, 0, 0, 0], "1",
         [(0, 4, 4), (4, 3, 4), (7, 1, 4), (8, 3, 4)]),
        ([(0, 4, 4), (4, 2, 4)], 6, [4, 2], [0, 0], "1", [(0, 4, 4), (4, 2, 4)]),
        ([(0, 1, 4), (2, 4, 4)], 6, [1, 1, 4], [0, 0, 0], "1", [(0, 1, 4), (2, 4, 4)]),
        ([(0, 4, 4), (4, 3, 4)], 7, [4, 3], [0, 0], "1", [(0, 4, 4), (4, 3, 4)]),
    ],
)  # fmt: skip
def test_incomplete_measures_are_told_from_changes_of_meter(
    tmp_path, midi, meters, quarters, lengths, positions, first, signatures
):
    found = measures_of(tmp_path, midi, meters, quarters)
    names = [str(i + int(first)) for i in range(len(lengths))]
    assert found == (lengths, positions, names, signatures)


def test_a_file_without_pitched_notes_says_why(tmp_path):
    drums = smf(chunk(b"\x00\x99\x24\x50\x83\x60\x99\x24\x00" + END))
    (tmp_path / "drums.mid").write_bytes(drums)
    with pytest.raises(ScoreError, match=r"no pitched notes \(a note of the percussion channel"):
        read_score(tmp_path / "drums.mid")


# --- Hands and pickups ----------------------------------------------------------------------------


def tracks(folder, midi, *named):
    """Read a file of tracks of (name, key signature, pitches)."""
    built = []
    for name, key, pitches in named:
        events = [midi.name(name)] if name else []
        events += [midi.key(0, key)] if key else []
        events += [e for i, p in enumerate(pitches) for e in midi.note(480 * i, 480, p)]
        built.append(events)
    (folder / "hands.mid").write_bytes(midi.build(built))
    return read_score(folder / "hands.mid")


HIGH, LOW = [72, 74, 76], [48, 50, 52]


@pytest.mark.parametrize(
    ("names", "joined"),
    [
        (("Piano", "Piano"), ["Piano"]),
        (("Right Hand", "Left Hand"), [""]),
        (("Piano (R.H.)", "Piano (L.H.)"), ["Piano"]),
        (("Klavier rechts", "Klavier links"), ["Klavier"]),
        (("Piano, upper", "Piano, lower"), ["Piano"]),
        (("", ""), [""]),
        (("Track 1", "Track 2"), ["Track 1"]),
        (("Violin", "Violin"), ["Violin", "Violin"]),
        (("Piano 1", "Piano 2"), ["Piano 1", "Piano 2"]),
        (("Piano", "Organ"), ["Piano", "Organ"]),
        (("Right", "Right"), ["Right", "Right"]),
        (("Soprano right", "Soprano left"), ["Soprano right", "Soprano left"]),
    ],
)
def test_names_of_hands(tmp_path, midi, names, joined):
    notes = join_hands(tracks(tmp_path, midi, (names[0], "", HIGH), (names[1], "", LOW)))
    assert notes.parts.name.tolist() == joined
    staff = [2, 1] if len(joined) == 1 else [0, 0]
    assert notes.staff[:2].tolist() == staff
    assert notes.part[:2].tolist() == ([0, 0] if len(joined) == 1 else [1, 0])


def test_the_left_hand_may_come_first(tmp_path, midi):
    for names in (("Left", "Right"), ("Piano", "Piano")):
        notes = join_hands(tracks(tmp_path, midi, (names[0], "", LOW), (names[1], "", HIGH)))
        assert notes.staff[:2].tolist() == [2, 1]


def test_three_pianos_and_two_flutes_are_not_joined(tmp_path, midi):
    notes = tracks(tmp_path, midi, *[("Piano", "", HIGH)] * 3)
    assert join_hands(notes) is notes
    notes = tracks(tmp_path, midi, ("", "", HIGH), ("", "", [76, 77, 79]))
    assert join_hands(notes) is notes
    notes = tracks(tmp_path, midi, ("", "", HIGH), ("", "", LOW), ("Flute", "", HIGH))
    assert join_hands(notes) is notes


@pytest.mark.parametrize(("keys", "fifths"), [(("D", "F"), 2), (("", "F"), -1)])
def test_hands_have_the_key_signatures_of_the_upper_one(tmp_path, midi, keys, fifths):
    named = [("Right", keys[0], HIGH), ("Left", keys[1], LOW)]
    notes = join_hands(tracks(tmp_path, midi, *named))
    assert notes.key_fifths.tolist() == [fifths] * 6
    assert notes.key_signatures.part.tolist() == [0]


def heavy(folder, midi, upbeat=480, measures=10, start=0):
    """Measures of 3/4 with a low note on each downbeat, after an upbeat."""
    events = [midi.meter(0, 3, 4), *midi.note(start, upbeat, 67)]
    for now in range(start + upbeat, start + upbeat + measures * 1440, 1440):
        events += midi.note(now, 960, 72) + midi.note(now + 960, 480, 74)
        events += midi.note(now, 1440, 48)
    (folder / "heavy.mid").write_bytes(midi.build([events]))
    return read_score(folder / "heavy.mid")


def test_a_pickup_is_evident_or_none(tmp_path, midi):
    assert estimate_pickup(heavy(tmp_path, midi)) == 1
    assert estimate_pickup(heavy(tmp_path, midi, upbeat=240)) == Fraction(1, 2)
    assert estimate_pickup(heavy(tmp_path, midi, upbeat=1440)) == 0
    assert estimate_pickup(heavy(tmp_path, midi, measures=3)) == 0  # too short to tell
    assert estimate_pickup(heavy(tmp_path, midi, start=240)) == 0  # its rest is in the file
    even = [event for i in range(64) for event in midi.note(480 * i, 480, 60 + i % 5)]
    (tmp_path / "even.mid").write_bytes(midi.build([even]))
    assert estimate_pickup(read_score(tmp_path / "even.mid")) == 0


@pytest.mark.parametrize(("measures", "pickup"), [(7, 0), (16, 1)])
def test_of_hints_many_are_needed(tmp_path, midi, measures, pickup):
    events = [midi.meter(0, 3, 4), *midi.note(0, 480, 67)]
    for number in range(measures):
        start = 480 + 1440 * number
        events += [e for i in range(3) for e in midi.note(start + 480 * i, 480, 72 + i)]
        events += midi.note(start, 960, 48) if number % 3 == 0 else []
        events += midi.note(start + 960, 480, 50) if number % 4 == 1 else []
    (tmp_path / "hints.mid").write_bytes(midi.build([events]))
    assert estimate_pickup(read_score(tmp_path / "hints.mid")) == pickup


def test_a_pickup_that_a_file_has_is_not_estimated(tmp_path, midi):
    notes = set_pickup(heavy(tmp_path, midi), 2)
    assert estimate_pickup(notes) == 0


def test_a_pickup_shifts_the_barlines_of_the_first_meter(tmp_path, midi):
    events = [midi.meter(0, 3, 4), midi.meter(480 * 7, 4, 4)]
    events += [e for i in range(15) for e in midi.note(480 * i, 480, 60)]
    (tmp_path / "a.mid").write_bytes(midi.build([events]))
    notes = set_pickup(read_score(tmp_path / "a.mid"), 1)
    assert (notes.measures.start_div // 480).tolist() == [0, 1, 4, 7, 11]
    assert (notes.measures.position_div // 480).tolist() == [2, 0, 0, 0, 0]
    assert notes.measures.name.tolist() == ["0", "1", "2", "3", "4"]
    assert (notes.measure_position_div[:4] // 480).tolist() == [2, 0, 1, 2]
    assert notes.measure_index[:5].tolist() == [0, 1, 1, 1, 2]
    assert notes.beats[6:8].tolist() == [3, 4]
    again = set_pickup(notes, 0)
    assert (again.measures.start_div // 480).tolist() == [0, 3, 6, 7, 11]
    assert again.measures.name[0] == "1"
