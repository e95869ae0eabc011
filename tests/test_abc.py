"""ABC by its standard 2.1: each case a few fields and bars, and what sounds."""

import contextlib
import time

import pytest

from heard import heard, keys, measures, meters
from musebench.errors import ScoreError, ScoreWarning
from musebench.score import read_score

HEADER = "X:1\nT:Toy\nM:4/4\nL:1/4\nK:C\n"


@pytest.fixture
def read(tmp_path):
    def read(text, number=""):
        path = tmp_path / "tune.abc"
        path.write_text(text)
        return read_score(f"{path}{number}")

    return read


MUSIC = {
    "octaves": ("C,c'C,,c", "0+1 C3, 1+1 C6, 2+1 C2, 3+1 C5"),
    "lengths": ("c2d/e//f3/2g3/", "0+2 C5, 2+1/2 D5, 5/2+1/4 E5, 11/4+3/2 F5, 17/4+3/2 G5"),
    "rests": ("zcx2c|Z2|c", "1+1 C5, 4+1 C5, 13+1 C5"),
    "chord": ("[CE]2[C/E/]z[C2E]2", "0+2 C4, 0+2 E4, 2+1/2 C4, 2+1/2 E4, 7/2+4 C4, 7/2+2 E4"),
    "chords of old tunes": ("+ce+2+^CEG+-|+CE+4", "0+2 C5, 0+2 E5, 2+5 C#4, 2+5 E4, 2+1 G4"),
    "loudness is no chord": ("+f+c+ff+d", "0+1 C5, 1+1 D5"),
    "tie": ("c4-|c2-c2|[ce]2-[ce]2", "0+8 C5, 8+4 C5, 8+4 E5"),
    "tie of one note of a chord": ("[c-e]2[ce]2", "0+4 C5, 0+2 E5, 2+2 E5"),
    "tie with an accidental": ("^c4-|c2c2", "0+6 C#5, 6+2 C5"),
    "tie apart from its note": ("c4 -|c2[ce]2.-|[ce]4", "0+6 C5, 6+6 C5, 6+6 E5"),
    "tie over a field": ("c4 -|[P:B]c4", "0+8 C5"),
    "ties in an overlay": ("c4-&A4-|c4&A4", "0+8 A4, 0+8 C5"),
    "accidentals of a bar": ("^cc=cc|c", "0+1 C#5, 1+1 C#5, 2+1 C5, 3+1 C5, 4+1 C5"),
    "accidentals of other octaves": ("^cC__dD|C", "0+1 C#5, 1+1 C#4, 2+1 Dbb5, 3+1 Dbb4, 4+1 C4"),
    "grace notes": ("{g}c{/ga}d", "0+1 C5, 0+0 G5 grace, 1+1 D5, 1+0 G5 grace, 1+0 A5 grace"),
    "broken rhythm": ("c>d e<<f", "0+3/2 C5, 3/2+1/2 D5, 2+1/4 E5, 9/4+7/4 F5"),
    "broken rhythm in slurs": ("(c>.d)", "0+3/2 C5, 3/2+1/2 D5"),
    "triplet": ("(3cde f", "0+2/3 C5, 2/3+2/3 D5, 4/3+2/3 E5, 2+1 F5"),
    "tuplet of fewer notes": ("(3:2:2c2d e", "0+4/3 C5, 4/3+2/3 D5, 2+1 E5"),
    "five": ("(5cdefg a", "0+2/5 C5, 2/5+2/5 D5, 4/5+2/5 E5, 6/5+2/5 F5, 8/5+2/5 G5, 2+1 A5"),
    "overlay": ("c2d2&E4|F", "0+4 E4, 0+2 C5, 2+2 D5, 4+1 F4"),
    "overlay of two bars": (
        "c2|d4|e4&&F4|G4|f4",
        "0+2 C5, 2+4 F4, 2+4 D5, 6+4 G4, 6+4 E5, 10+4 F5",
    ),
    "music that looks like a field": ("A:|\nB::C:|\nZ:|\nd", "0+1 A4, 1+1 B4, 2+1 C4, 7+1 D5"),
    "fields of the header": ("c\nZ:somebody\nC:Me\nd", "0+1 C5, 1+1 D5"),
    "blocks of text": ("c\n%%begintext\nabc\n\ndef\n%%endtext\nd", "0+1 C5, 1+1 D5"),
    "what only the eye sees": ('!trill!~c"Am"(d.e)y2`Tf+fermata+g', None),
    "meter inside": ("c4|[M:3/4]c3", "0+4 C5, 4+3 C5"),
    "key inside": ("f4|[K:D]f4", "0+4 F5, 4+4 F#5"),
    "length inside": ("c[L:1/8]d", "0+1 C5, 1+1/2 D5"),
    "fields between": ("f\nK:Bb\nL:1/8\ne2", "0+1 F5, 1+1 Eb5"),
    "words": ("cd\nw:la la\ne", "0+1 C5, 1+1 D5, 2+1 E5"),
    "comments": ("c % d\n%%scale 1\ne", "0+1 C5, 1+1 E5"),
    "endings": ("|:c4|1 d4:|2 e4|]", "0+4 C5, 4+4 D5, 8+4 E5"),
}


@pytest.mark.parametrize("case", MUSIC)
def test_music(read, case, recwarn):
    text, expected = MUSIC[case]
    expected = expected or "0+1 C5, 1+1 D5, 2+1 E5, 3+1 F5, 4+1 G5"
    assert heard(read(f"{HEADER}{text}|\n")) == expected
    assert not recwarn.list


KEYS = {
    "G": ("1", "F#5"), "F#m": ("3", "F#5"), "Bb": ("-2", "F5"), "D mix": ("1", "F#5"),
    "Ador": ("1", "F#5"), "EPhrygian": ("0", "F5"), "none": ("0", "F5"), "": ("0", "F5"),
    "Hp": ("2", "F#5"), "C clef=bass": ("0", "F5"), "G bass": ("1", "F#5"),
    "C exp ^f": ("1", "F#5"), "C exp _f": ("-1", "Fb5"), "D Phr ^f": ("-1", "F#5"),
    "C transpose=-2": ("-2", "Eb5"), "C octave=-1": ("0", "F4"), "C treble-8": ("0", "F4"),
    "C clef=treble+8": ("0", "F6"),
}  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_keys(read, key):
    notes = read(HEADER.replace("K:C", f"K:{key}") + "f4|\n")
    fifths, name = KEYS[key]
    assert (keys(notes), heard(notes)) == (f"0: {fifths}", f"0+4 {name}")


@pytest.mark.parametrize(
    ("meter", "expected", "unit"),
    [
        ("C", "2/2", "1/2"), ("4/4", "4/4", "1/2"), ("2/4", "2/4", "1/4"), ("6/8", "6/8", "1/2"),
        ("2/4+3/8", "7/8", "1/2"),
        ("(2+3)/8", "5/8", "1/4"), ("2+3/8", "5/8", "1/4"), ("none", "4/4", "1/2"),
    ],
)  # fmt: skip
def test_meters_and_the_length_that_they_mean(read, meter, expected, unit):
    meter, expected = ("C|", "2/2") if meter == "C" else (meter, expected)
    notes = read(f"M:{meter}\nK:C\nc|\n")
    assert (meters(notes), heard(notes)) == (f"0: {expected}", f"0+{unit} C5")


def test_voices_are_parts(read):
    text = HEADER.replace("K:C", 'V:1 name="Violin"\nV:B clef=bass-8 name="Bass"\nK:F')
    notes = read(f"{text}V:1\nb4|\nV:B\nB,4|\nV:1\nc4|[V:B]C4|\n")
    assert notes.parts.name.tolist() == ["Violin", "Bass"]
    assert heard(notes) == "0+4 Bb2, 0+4 Bb5, 4+4 C3, 4+4 C5"
    assert notes.part.tolist() == [1, 0, 1, 0]
    assert measures(notes) == '0 "1", 4 "2", 8'


def test_a_voice_may_say_what_it_is_in_the_music(read):
    notes = read(f'{HEADER}M:3/4\nV:B octave=-1 name="Bass"\nc3|\nV:C\nc3|\nV:C transpose=2\nc3|\n')
    assert heard(notes) == "0+3 C4, 0+3 C5, 3+3 D5"
    assert (notes.parts.name.tolist(), meters(notes)) == (["Bass", ""], "0: 3/4")


def test_a_voice_without_a_name_is_none(read):
    assert heard(read(f"{HEADER}V:\nc4|\n")) == "0+4 C5"


def test_of_meters_at_once_those_of_the_first_voice_with_notes_are_read(read, recwarn):
    text = f"{HEADER}[V:A]z3|\n[V:B][M:3/4]c3|[M:2/4]c2|\n[V:C][M:{{}}]c3|[M:2/4]c2|\n"
    assert meters(read(text.format("3/4"))) == "0: 3/4, 3: 2/4"
    assert not recwarn.list
    with pytest.warns(ScoreWarning, match=r"time signatures of lower voices .* left out\.$"):
        assert meters(read(text.format("6/8"))) == "0: 3/4, 3: 2/4"


@pytest.mark.parametrize("told", ["V:2 clef=perc\nK:C", "V:2\nK:C\nV:2\nK:C perc\nV:1"])
def test_percussion_is_left_out_and_told(read, told):
    text = HEADER.replace("K:C", f"V:1\n{told}")
    with pytest.warns(ScoreWarning, match=r"notes of percussion are left out \(2 times\)"):
        assert heard(read(f"{text}V:1\nc2|\nV:2\nCC|\n")) == "0+2 C5"


def test_a_tune_has_its_first_title_and_needs_no_key(read):
    notes = read("X:1\nT:A  Tune\nT:or so\nL:1/4\nc|\n")
    assert (heard(notes), notes.title, keys(notes)) == ("0+1 C5", "A Tune", "0: 0")


def test_a_pick_up_is_measure_0_and_halves_are_one(read):
    notes = read(f"{HEADER}g|cdef|cd:|ef|g4|]\n")
    assert measures(notes) == '0 "0", 1 "1", 5 "2", 9 "3", 13'
    assert notes.measures.position_div.tolist() == [3, 0, 0, 0]


def test_several_tunes_are_read_one_by_one(read):
    text = f"M:3/4\n\n{HEADER}c4|\n\nX:7\nL:1/4\nK:C\nd3|\n"
    with pytest.warns(ScoreWarning, match="it has 2 tunes; the first is read"):
        assert heard(read(text)) == "0+4 C5"
    notes = read(text, "#2")
    assert (heard(notes), meters(notes)) == ("0+3 D5", "0: 3/4")  # of the file's header
    assert notes.note_id.tolist() == ["L13C1"]
    with pytest.raises(ScoreError, match="2 tunes, and number 3 is asked for"):
        read(text, "#3")


def test_accidentals_hold_as_a_directive_says(read):
    for how, expected in (("not", "C5, C4"), ("octave", "C#5, C4"), ("pitch", "C#5, C#4")):
        text = HEADER.replace("K:C", f"%%propagate-accidentals {how}\nK:C")
        names = [part.split(" ")[1] for part in heard(read(f"{text}^ccC|\n")).split(", ")]
        assert names[0] == "C#5"
        assert ", ".join(names[1:]) == expected


def test_what_is_rounded_or_left_out_is_told(read):
    with pytest.warns(ScoreWarning, match=r"microtones are rounded to semitones \(2 times\)"):
        assert heard(read(f"{HEADER}^/c_3/2d|\n")) == "0+1 C5, 1+1 Db5"
    moved = HEADER.replace("K:C", "%%MIDI transpose -12\nK:C")
    with pytest.warns(ScoreWarning, match="not as %%MIDI transpose moves them for playback"):
        assert heard(read(f"{moved}c|\n")) == "0+1 C5"
    same = HEADER.replace("K:C", "%%MIDI transpose 0\nK:C")
    assert heard(read(f"{same}c|\n")) == "0+1 C5"
    for sign, told in (("C shift=CD", "not as shift= or the like"), ("HP", "K:HP prints no")):
        with pytest.warns(ScoreWarning, match=told):
            notes = read(HEADER.replace("K:C", f"K:{sign}") + "c|\n")
        assert (heard(notes), keys(notes)) == ("0+1 C5", "0: 0")
    with pytest.warns(ScoreWarning, match="a tuplet that begins inside another one ends it"):
        assert heard(read(f"{HEADER}(3c(3def|\n")).startswith("0+2/3 C5, 2/3+2/3 D5")
    with pytest.warns(ScoreWarning, match=r"characters without a meaning are left out"):
        assert heard(read(f"{HEADER}c@d|\n")) == "0+1 C5, 1+1 D5"


def test_a_tune_of_a_mail_is_unquoted(read):
    assert heard(read(f"{HEADER}^c=3Dc|=20\n")) == "0+1 C#5, 1+1 C5"


REFUSED = {
    "no ABC": ("hello\n", "it is not ABC"),
    "no notes": (f"{HEADER}z4|\n", "it has no pitched notes"),
    "no music": (HEADER, "it has no pitched notes"),
    "macros": (HEADER.replace("K:C", "m:~g2=g{a}g\nK:C") + "~g2|\n", "it has macros"),
    "tuplet": (f"{HEADER}(0cd|\n", "a tuplet of no notes"),
    "long rest": (f"{HEADER}cZ999999|Z999999|\n", "it rests for 999,999 measures"),
    "long line": (HEADER + "c" * 20_001 + "\n", "line 6 has more than 20,000 characters"),
    "meter": (f"{HEADER}c|\nM:9999/4\nc|\n", "the time signature '9999/4' has"),
    "transposition": (HEADER.replace("K:C", "K:C transpose=999") + "c|\n", "transpose = '999'"),
    "notes": (HEADER + ("c" * 60 + "\n") * 2, "it has 120 notes, and the limit is 100 for one"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused(read, case, monkeypatch):
    monkeypatch.setattr("musebench.score.limits.MAX_NOTES", 100)
    text, message = REFUSED[case]
    with pytest.raises(ScoreError, match=rf"tune\.abc: .*{message}"):
        read(text)


@pytest.mark.parametrize(
    "mark", ["[", "{", '"', "!", "+", ":", ".", "(", "[K:", "a=", "(3", "^", "&"]
)
def test_no_line_takes_long(read, mark):
    started = time.process_time()
    with contextlib.suppress(ScoreError, ScoreWarning):
        read(f"{HEADER}c{mark * (19_000 // len(mark))}|\n")
    assert time.process_time() - started < 5
