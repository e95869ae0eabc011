"""Numbers that would make a reader count for ever: refused before work begins, in a sentence."""

import resource
import struct
import time
from pathlib import Path

import pytest

from musebench.errors import ScoreError, ScoreWarning
from musebench.score import (
    read_augmentednet,
    read_dcml,
    read_performances,
    read_played_midi,
    read_score,
)

DATA = Path(__file__).parent / "data"
BIG = "100000000000"
LONG = "9" * 5_000  # more digits than int() takes


def refused(folder, name, text, message, read=read_score):
    """Read a score that is refused, quickly and in little memory."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    started, before = time.process_time(), peak_kilobytes()
    with pytest.raises(ScoreError, match=message):
        read(path)
    assert time.process_time() - started < 10
    assert peak_kilobytes() - before < 400_000


def peak_kilobytes():
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# --- MEI and kern: on the source itself -----------------------------------------------------------


@pytest.fixture
def no_library(monkeypatch):
    """The bounds hold whichever library reads: none is asked."""
    for library in ("partitura", "partitura.score", "partitura.io.importmei"):
        monkeypatch.setitem(__import__("sys").modules, library, None)


ATTRIBUTES = [
    ('dur="8"/>', 'dur="8" dots="{}"/>', "<note> has dots ="),
    ('dur="8"/>', 'dur="8" dots.ges="{}"/>', "<note> has dots.ges ="),
    ('oct="4"', 'oct="{}"', "<note> has oct ="),
    ('oct="4"', 'oct="4" oct.ges="{}"', "<note> has oct.ges ="),
    ('dur="8"', 'dur="{}"', "<note> has dur ="),
    ('dur="8"', 'dur="8" dur.ges="{}p"', "<note> has dur.ges ="),
    ('num="3"', 'num="{}"', "<tuplet> has num ="),
    ('numbase="2"', 'numbase="{}"', "<tuplet> has numbase ="),
    ("<mRest/>", '<multiRest num="{}"/>', "<multiRest> has num ="),
    ('count="3"', 'count="{}"', "<meterSig> has count ="),
    ('unit="4"', 'unit="{}"', "<meterSig> has unit ="),
    ('meter.count="2"', 'meter.count="2+{}"', "<scoreDef> has meter.count ="),
    ('sig="1s"', 'sig="{}s"', "<keySig> has sig ="),
    ('lines="5"', 'lines="5" ppq="{}"', "<staffDef> has ppq ="),
    ('lines="5"', 'lines="5" trans.semi="{}"', "<staffDef> has trans.semi ="),
    ('<staff n="2">', '<staff n="{}">', "<staff> has n ="),
    ('startid="#e"', 'startid="#e" tstamp2="{}m+1"', "<tie> has tstamp2 ="),
]


@pytest.mark.parametrize(("written", "hostile", "message"), ATTRIBUTES)
@pytest.mark.parametrize("number", [BIG, LONG])
def test_numbers_of_mei_are_bounded(tmp_path, no_library, written, hostile, message, number):
    text = (DATA / "duet.mei").read_text()
    assert written in text
    changed = text.replace(written, hostile.format(number), 1)
    refused(tmp_path, "bad.mei", changed, rf"bad\.mei: {message} .* is read\.$")


@pytest.mark.parametrize("number", ["0", "-1", "nan", "1e9", "٣", "", "1_0", "½"])
def test_odd_numbers_of_mei_are_refused(tmp_path, number):
    changed = (DATA / "duet.mei").read_text().replace('num="3"', f'num="{number}"')
    refused(tmp_path, "bad.mei", changed, "<tuplet> has num =")


@pytest.mark.parametrize("tstamp", ["inf", "nan", "1e9", "1E9"])
def test_times_of_mei_are_numbers(tmp_path, tstamp):
    changed = (DATA / "duet.mei").read_text().replace("startid", f'tstamp="{tstamp}" startid')
    refused(tmp_path, "bad.mei", changed, "<tie> has tstamp =")


def mei(inside):
    return (DATA / "duet.mei").read_text().replace("<mRest/>", inside)


def test_copies_of_copies_in_mei_are_bounded(tmp_path, no_library):
    twice = '<beam xml:id="c{}"><beam copyof="#c{}"/><beam copyof="#c{}"/></beam>'
    bomb = '<beam xml:id="c0"/>' + "".join(twice.format(i + 1, i, i) for i in range(60))
    refused(tmp_path, "bad.mei", mei(bomb), "its copies .* more than 1,000,000 elements")
    loop = '<beam xml:id="x"><beam copyof="#y"/></beam><beam xml:id="y" copyof="#x"/>'
    refused(tmp_path, "bad.mei", mei(loop), "a copy .* of itself")


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ('<rest dur="4"/>' * 500_001, "and the limit is 500,000"),
        ("<beam/>" * 1_000_001, "more than 1,000,000 elements"),
        ('<multiRest num="1000"/>' * 1_001, "more than 1,000,000 measures"),
        ("<staffDef/>" * 200_001, "more than 200,000 measures of a staff, or definitions"),
    ],
)
def test_how_much_mei_there_is_is_bounded(tmp_path, no_library, inside, message):
    path = tmp_path / "bad.mei"
    path.write_text(mei(inside))
    with pytest.raises(ScoreError, match=message):
        read_score(path)


@pytest.mark.parametrize(
    ("written", "hostile", "message"),
    [
        ("2.G", "{}G", "has the rhythm"),
        ("2.G", "2%{}G", "has the rhythm"),
        ("2.G", "2.....G", "has 5 dots, and up to 4"),
        ("2.G", "2" + "G" * 9, "a pitch beyond music"),
        ("2.G", "2G" + "#" * 5, "a pitch beyond music"),
        ("*M3/4\t*M3/4", "*M{}/4\t*M3/4", "the time signature .* has"),
        ("*M3/4\t*M3/4", "*M0/4\t*M0/4", "has the time signature 0/4"),
    ],
)
def test_numbers_of_kern_are_bounded(tmp_path, no_library, written, hostile, message):
    text = (DATA / "duet.krn").read_text()
    assert written in text
    for number in (BIG, LONG):
        changed = text.replace(written, hostile.format(number), 1)
        refused(tmp_path, "bad.krn", changed, rf"bad\.krn: .*{message}")


def test_how_much_kern_there_is_is_bounded(tmp_path, no_library):
    for inside, message in (
        ("=1\n" * 200_000, "lines"),
        (
            "*^\n" + "".join("\t".join(["*^"] * 2**n) + "\n" for n in range(1, 12)),
            "1,000 parts|limit",
        ),
    ):
        refused(tmp_path, "bad.krn", f"**kern\n{inside}*-\n", message)


def test_other_spines_of_kern_may_say_what_they_like(tmp_path):
    path = tmp_path / "good.krn"
    lines = ["**text\t**kern\t**dynam", f"{BIG}\t4c\t{BIG}", "*-\t*-\t*-", ""]
    path.write_text("\n".join(lines))
    assert len(read_score(path)) == 1


LINES = {
    "ties": ('<tie startid="#t" endid="#t"/>', 400),
    "octaves": ('<octave staff="1" tstamp="1" tstamp2="1m+1"/>', 800),
}


@pytest.mark.parametrize("case", LINES)
def test_lines_of_mei_over_notes_are_bounded(tmp_path, no_library, monkeypatch, case):
    monkeypatch.setattr("musebench.score.mei_lines.MAX_STEPS", 4_000)
    line, count = LINES[case]
    notes = '<note pname="c" oct="4"/>' * 8
    chord = f'<chord xml:id="t" dur="4">{notes}</chord>'
    text = mei("<mRest/>").replace('<tie startid="#e"', f'{line * count}<tie startid="#e"')
    text = text.replace("<beam>", f"{chord}<beam>")
    refused(tmp_path, "bad.mei", text, "its ties and octave lines are too many for its notes")


def test_definitions_of_mei_for_staves_are_bounded(tmp_path, no_library, monkeypatch):
    monkeypatch.setattr("musebench.score.mei_score.MAX_STEPS", 1_000)
    signs = '<keySig sig="1s"/>' * 600
    refused(tmp_path, "bad.mei", mei(f"<mRest/>{signs}"), "too many for its staves")


def test_tuplets_beside_their_notes_are_bounded(tmp_path, no_library):
    span = '<tupletSpan num="3" staff="1" tstamp="1" tstamp2="0m+2"/>' * 101
    text = mei("<mRest/>").replace('<tie startid="#e"', f'{span}<tie startid="#e"')
    refused(tmp_path, "bad.mei", text, r"more than 100 tuplets \(tupletSpan\) are in one place")


def test_ties_that_wait_are_bounded(tmp_path, no_library):
    path = tmp_path / "ties.krn"
    path.write_text("**kern\n" + "[4c\n" * 20_000 + "4c]\n" * 20_000 + "*-\n")
    started = time.process_time()
    assert len(read_score(path)) >= 20_000
    assert time.process_time() - started < 60


# --- MusicXML -------------------------------------------------------------------------------------

NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>2</duration></note>"
BACK = "<backup><duration>{}</duration></backup>"
METER = "<attributes><time><beats>{}</beats><beat-type>{}</beat-type></time></attributes>"


def musicxml(inside, before=""):
    return (
        '<score-partwise><part-list><score-part id="P1"/></part-list><part id="P1">'
        f'<measure number="7"><attributes><divisions>2</divisions></attributes>{before}{inside}'
        "</measure></part></score-partwise>"
    )


@pytest.mark.parametrize(
    "number", ["nan", "inf", "-1", "1.5.5", "1e1", "", BIG + "0" * 9, LONG, "٣"]
)
@pytest.mark.parametrize("tag", ["note", "backup", "forward"])
def test_a_duration_that_is_no_number_of_divisions_is_refused(tmp_path, number, tag):
    if (number, tag) == ("-1", "note"):
        pytest.skip("it is mended")
    kinds = {"note": NOTE.replace(">2<", f">{number}<"), "backup": BACK.format(number)}
    kinds["forward"] = kinds["backup"].replace("backup", "forward")
    message = rf"a <{tag}> in measure 7 of part P1 has the duration|more than 1,000,000 quarter"
    refused(tmp_path, "bad.xml", musicxml(NOTE + kinds[tag]), message)


@pytest.mark.parametrize("meter", [("0", "0"), ("4", "0"), ("0", "4"), ("-3", "4"), ("3", BIG)])
def test_a_meter_of_nothing_is_refused(tmp_path, meter):
    text = musicxml(NOTE, METER.format(*meter))
    refused(tmp_path, "bad.xml", text, f"has the time signature {'/'.join(meter)}; both")


@pytest.mark.parametrize("fifths", ["15", "-15", BIG, LONG, "x", "nan"])
def test_a_key_beyond_music_is_refused(tmp_path, fifths):
    key = f"<attributes><key><fifths>{fifths}</fifths></key></attributes>"
    refused(tmp_path, "bad.xml", musicxml(NOTE, key), "in measure 7 of part P1 the key has fifths")


def test_an_alteration_beyond_music_is_refused(tmp_path):
    altered = NOTE.replace("<octave>4", "<alter>24</alter><octave>2")
    refused(tmp_path, "bad.xml", musicxml(altered), "a note is altered by 24 semitones")


@pytest.mark.parametrize("parts", ['<part id="P2"/>', '<part id="P1"/>'])
def test_a_part_that_would_be_lost_is_refused(tmp_path, parts):
    text = (
        musicxml(NOTE).replace("</part><", f"</part>{parts}<").replace("</part></s", "</part></s")
    )
    text = text.replace("</score-partwise>", f"{parts}</score-partwise>")
    refused(tmp_path, "bad.xml", text, "is twice in it, or not in its list of parts")


MENDED = {
    "a backup beyond the start": (
        musicxml(NOTE + BACK.format(3) + NOTE + BACK.format(9) + NOTE),
        r"a backup beyond .* ends at the start \(2 times, first: measure 7 of part P1\)",
        [0, 0, 0],
    ),
    "a note without duration": (
        musicxml(NOTE.replace("<duration>2</duration>", "") + NOTE),
        r"a <note> without duration lasts 0 \(once: measure 7 of part P1\)",
        [0, 0],
    ),
    "a note of negative duration": (
        musicxml(NOTE + NOTE.replace(">2<", ">-1<") + NOTE),
        r"a <note> of negative duration lasts 0 \(once: measure 7 of part P1\)",
        [0, 0.5, 1],
    ),
    "a meter that is not read": (
        musicxml(NOTE, METER.format("3+x", "8")),
        r"a time signature is not read, the one before it holds \(once: '3\+x/8' in measure 7",
        [0],
    ),
    "several meters": (
        musicxml(NOTE, METER.format(3, 8) + METER.format(3, "8").replace("attributes", "sound")),
        None,
        [0],
    ),
    "several meters at once": (
        musicxml(NOTE, METER.format(3, "8</beat-type></time><time><beats>2</beats><beat-type>4")),
        "of several time signatures at one place only the first is read",
        [0],
    ),
    "decimals that are whole": (
        musicxml(NOTE.replace(">2<", ">2.0<") + NOTE, METER.format(" 3 ", "4.0")),
        None,
        [0, 1],
    ),
}


@pytest.mark.parametrize("case", MENDED)
def test_what_is_mended_is_told_with_file_and_place(tmp_path, case, recwarn):
    text, warning, onsets = MENDED[case]
    path = tmp_path / "mended.xml"
    path.write_text(text)
    if warning is None:
        notes = read_score(path)
        assert not recwarn
    else:
        with pytest.warns(ScoreWarning, match=rf"mended\.xml: {warning}") as told:
            notes = read_score(path)
        assert told[0].filename == __file__  # the line that asked for the score
    assert notes.onset_quarter.tolist() == onsets
    assert notes.beats[0] == (3 if warning is None or "several" in warning else 4)


# --- MIDI -----------------------------------------------------------------------------------------

SOUND = b"\x00\x90\x3c\x40\x83\x60\x3c\x00"


def midi(*tracks, division=480, kind=1, count=None):
    chunks = [b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks]
    count = len(chunks) if count is None else count
    return b"MThd" + struct.pack(">IHHH", 6, kind, count, division) + b"".join(chunks)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (midi(SOUND + b"\xff" * 3_000_000), "a number of more than four bytes, at its byte 12"),
        (midi(b"\x80\x80\x80\x80" + SOUND), "a number of more than four bytes, at its byte 4"),
        (midi(SOUND, division=0), "has '0' divisions"),
        (midi(SOUND, division=0xE728), "frames of a film"),
        (midi(SOUND, SOUND, kind=2), "MIDI of type 2"),
        (midi(SOUND, kind=9), "MIDI of type 9"),
        (midi(SOUND)[:12], "it is not MIDI, or cut off"),
        (midi(SOUND)[:14], "no pitched notes .its header announces 1 tracks, and 0 are read"),
        (midi(b"\x00\x90\x3c"), "no pitched notes .a track is cut off"),
        (midi(b"\x00\x90\xbc\x40"), "a note has the key 188"),
        (midi(b"\x00\x3c\x40"), "data that belong to no message, at its byte 1"),
        (midi(b"\x00\xff\x58\x04\xff\x0a\x18\x08\x00\x90\x3c\x40\xff\xff\xff\x7f\x3c\x00"),
         "more than 4,000,000 beats"),
        (midi(b"\x00\xff\x58\x04\x01\x0a\x18\x08\x00\x90\x3c\x40\xff\xff\xff\x7f\x3c\x00"),
         "more than 1,000,000 measures"),
        (midi(b"\x00\xff\x59\x02\x00\x00" * 2_000, *[SOUND] * 600), "1,000,000 key signatures"),
        (midi(b"\x00\x90\x3c\x40" * 500_001), "the limit is 500,000"),
    ],
)  # fmt: skip
def test_hostile_midi_is_refused(tmp_path, data, message):
    refused(tmp_path, "bad.mid", data, rf"bad\.mid: .*{message}")
    refused(tmp_path, "bad.mid", data, rf"bad\.mid: .*{message}", read_played_midi)


# --- Match files and tables -----------------------------------------------------------------------

MATCH = (DATA / "duet.match").read_text()


@pytest.mark.parametrize("number", [BIG, LONG, "2147483648", "٣", "1/1/1/1"])
@pytest.mark.parametrize(
    ("written", "hostile"),
    [
        (",4,0:3,", ",{},0:3,"),
        ("4,0:3,0,1/4", "4,{}:3,0,1/4"),
        ("4,0:3,0,1/4", "4,0:{},0,1/4"),
        ("0:3,0,1/4,", "0:3,{}/8,1/4,"),
        ("0:3,0,1/4,", "0:3,0,{}/8,"),
        ("0:3,0,1/4,", "0:3,0,1/{},"),
        ("1/4,-1.0000,", "1/4,-{}.0000,"),
        ("note(p0,67,480,900,", "note(p0,67,{},900,"),
        ("note(p0,67,480,900,", "note(p0,67,480,{},"),
        ("sustain(2250,100)", "sustain({},100)"),
        ("timeSignature,3/4", "timeSignature,{}/4"),
        ("midiClockUnits,480", "midiClockUnits,{}"),
    ],
)
def test_numbers_of_match_files_are_bounded(tmp_path, written, hostile, number):
    assert written in MATCH
    text = MATCH.replace(written, hostile.format(number), 1)
    refused(tmp_path, "bad.match", text, r"bad\.match: .*", lambda file: read_performances([file]))


@pytest.mark.parametrize("attributes", ["[v1,staff{}])", "[v{},staff1])"])
def test_staff_and_voice_of_match_files_are_bounded(tmp_path, attributes):
    for number in (BIG, LONG, "1001"):
        text = MATCH.replace("[v1,staff1])", attributes.format(number), 1)
        read = lambda file: read_performances([file])  # noqa: E731
        refused(tmp_path, "bad.match", text, "a note has (staff|v) = .* 0 to 1,000 is read", read)


def test_a_long_note_of_a_match_file_is_refused_before_measures_are_made(tmp_path):
    text = MATCH.replace("0:3,0,1/4,", "0:3,0,999999999/8,")
    read = lambda file: read_performances([file])  # noqa: E731
    refused(tmp_path, "bad.match", text, "lasts more than 1,000,000 quarter notes", read)


NUMBERS = ["1/99999999999", "inf", "nan", "1e999999", "1e9", BIG, LONG, "٣", "0x1", "1/0", "-1"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("place", ["act_dur", "mc_onset", "duration", "timesig", "midi", "staff"])
def test_numbers_of_dcml_tables_are_bounded(tmp_path, place, number):
    for kind in ("notes", "measures"):
        lines = (DATA / f"duet.{kind}.tsv").read_text().splitlines()
        names, cells = lines[0].split("\t"), lines[1].split("\t")
        if place in names:
            cells[names.index(place)] = number
            lines[1] = "\t".join(cells)
        (tmp_path / f"{kind}.tsv").write_text("\n".join(lines) + "\n")
    with pytest.raises(ScoreError, match=rf"{tmp_path}.*\.tsv: "):
        read_dcml(tmp_path / "notes.tsv", tmp_path / "measures.tsv")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("place", ["onset_div", "duration_div", "ts_beats", "s_midi", "mn_onset"])
def test_numbers_of_augmentednet_tables_are_bounded(tmp_path, place, number):
    lines = (DATA / "duet_joint.tsv").read_text().splitlines()
    cells = lines[1].split("\t")
    cells[lines[0].split("\t").index(place)] = number
    lines[1] = "\t".join(cells)
    refused(tmp_path, "bad.tsv", "\n".join(lines), r"bad\.tsv: ", read_augmentednet)


@pytest.mark.parametrize("what", ["folder", "device"])
def test_what_is_no_file_is_told(tmp_path, what):
    path = tmp_path / "a.xml"
    if what == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/null")
    with pytest.raises(ScoreError, match=f"it is a {what}"):
        read_score(path)
