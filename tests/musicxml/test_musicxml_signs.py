"""Pitches, voices, signatures, transpositions and cue notes of MusicXML."""

import warnings

import pytest

from musebench.errors import ScoreError, ScoreWarning
from musicxml_text import PLAIN, START, attributes, meter, move, names, note, rows, score, voice


def test_microtones_are_rounded_and_told(read):
    sharp = "<pitch><step>C</step><alter>{}</alter><octave> 4 </octave></pitch>"
    inside = "".join(
        f"<note>{sharp.format(alter)}<duration>2</duration></note>"
        for alter in (" 1.0 ", "+1", "0.5", "-.75")
    )
    with pytest.warns(ScoreWarning, match="microtones are rounded to semitones .2 times"):
        assert names(read(score([START + inside]))) == ["C#4", "C#4", "C4", "Cb4"]


def test_an_accidental_stands_for_a_missing_alteration(read):
    natural_flat = note("D4", 4, "", "<accidental> natural-flat </accidental>")
    assert names(read(score([START + natural_flat]))) == ["Db4"]
    with pytest.warns(ScoreWarning, match="an accidental of a note without <alter> is not read"):
        read(score([START + note("C4", 4, "", "<accidental>quarter-sharp</accidental>")]))


def test_voices_may_have_names(read):
    voices = ["<voice>Voice 1a</voice>", "<voice>Voice 1b</voice>", "<voice>2</voice>", ""]
    voices += ["<voice>99999999999999999999</voice>", "<voice>0</voice>", "<voice/>"]
    inside = "".join(note("C4", 8, "", one) + move("backup", 8) for one in voices)
    notes = read(score([START + inside]))
    assert len(set(notes.voice.tolist())) >= 6
    assert sorted(notes.voice.tolist())[0] == 1


def test_a_staff_beyond_all_music_is_refused(read):
    with pytest.raises(ScoreError, match=r"it has a staff number of '717897.*0 to 1,000 is read"):
        read(score([START + note("C4", 8, "", voice(1, 9**25))]))


# --- Signatures and transpositions ----------------------------------------------------------------


def test_staves_have_signatures_and_transpositions_of_their_own(read):
    keys = '<key number="1"><fifths>2</fifths></key><key number="2"><fifths>-3</fifths></key>'
    meters = meter(3, 4, ' number="1"') + meter(6, 8, ' number="2"')
    lower = '<transpose number="2"><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>'
    both = note("C5", 6, "", voice(1)) + move("backup", 6) + note("D4", 6, "", voice(5, 2))
    change = attributes('<key number="2"><fifths>1</fifths></key>')
    all_staves = attributes("<key><fifths>4</fifths></key>")
    first = attributes("<divisions>2</divisions>", keys, meters, "<staves>2</staves>", lower)
    notes = read(score([first + both, change + both, all_staves + both]))
    assert notes.staff.tolist() == [2, 1] * 3
    assert names(notes) == ["C4", "C5"] * 3
    assert notes.key_fifths.tolist() == [-5, 2, -1, 2, 4, 4]
    assert notes.beat_type.tolist() == [8, 4] * 3
    assert notes.key_signatures.fifths.tolist() == [2, 4]  # of the first staff
    again = type(notes).from_frame(notes.to_frame())
    assert again.key_fifths.tolist() == notes.key_fifths.tolist()


@pytest.mark.filterwarnings("ignore:.*filled up with silence")
def test_a_signature_of_a_staff_keeps_its_place_in_finer_divisions(read):
    key = attributes('<key number="1"><fifths>3</fifths></key>')
    part = [attributes(PLAIN) + note("C4", 1) * 2 + key + note("C4", 2), note("D4", 8)]
    longer = attributes("<divisions>3</divisions>") + note("C3", 7)
    notes = read(score(part, [longer, note("D3", 12)]))
    assert notes.key_fifths[notes.part == 0].tolist() == [0, 0, 3, 3]
    assert rows(notes)[-1] == (2.333, 4, "D4")


def test_keys_of_single_accidentals_are_read_where_they_are_keys(read):
    key = "<key>{}</key>"
    step = "<key-step>{}</key-step><key-alter>{}</key-alter>"
    two_sharps = key.format(step.format("C", 1) + step.format("F", " 1 "))
    odd = key.format(step.format("F", 1) + step.format("B", -1))
    with pytest.warns(ScoreWarning, match="of single accidentals is not read.*measure 2"):
        notes = read(
            score([START + attributes(two_sharps) + note("D4", 8), attributes(odd) + note("D4", 8)])
        )
    assert notes.key_fifths.tolist() == [2, 2]


def test_a_part_that_is_doubled_an_octave_lower_is_told(read):
    bass = (
        "<transpose><chromatic>0</chromatic><octave-change>-1</octave-change><double/></transpose>"
    )
    with pytest.warns(ScoreWarning, match="the doubling of a part an octave away is left out"):
        assert names(read(score([attributes(PLAIN, bass) + note("C4", 8)]))) == ["C3"]


# --- Cue notes ------------------------------------------------------------------------------------

HIDDEN = 'print-object="no"'
PROGRAM = "<identification><encoding><software>{}</software></encoding></identification>"


@pytest.mark.parametrize(
    ("program", "sounding"),
    [
        ("MuseScore 3.6.2", ["D4"]),
        ("MuseScore 3.4.2", ["C4", "D4"]),
        ("MuseScore 4.5.2", ["D4"]),
        ("Dolet 8", ["C4", "D4"]),
    ],
)
def test_cue_notes_sound_only_where_they_are_printed_as_small_notes(read, program, sounding):
    cues = note("C4", 4, "<cue/>") + note("D4", 4) + move("backup", 8)
    cues += note("E4", 4, "<cue/>", attributes=HIDDEN) + note(
        "F4", 4, "<cue/>", chord=True, attributes=HIDDEN
    )
    text = score([START + cues], before=PROGRAM.format(program))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert names(read(text)) == sounding
    left_out, printed = (str(warning.message) for warning in told)
    assert "cue notes that are not printed do not sound and are left out (2 times)" in left_out
    assert ("are read, as small notes" in printed) == ("C4" in sounding)


def test_further_notes_of_a_chord_are_cue_notes_where_only_the_first_is_marked(read):
    trill = note("C4", 4, "<cue/>", attributes=HIDDEN) + note(
        "E4", 4, chord=True, attributes=HIDDEN
    )
    for program, sounding in (("MuseScore 2.3.2", ["D4"]), ("MuseScore 4.5.2", ["E4", "D4"])):
        with pytest.warns(ScoreWarning, match="cue notes that are not printed"):
            notes = read(score([START + trill + note("D4", 4)], before=PROGRAM.format(program)))
        assert names(notes) == sounding


def test_a_note_that_is_only_not_printed_sounds(read):
    assert names(read(score([START + note("C4", 8, attributes=HIDDEN)]))) == ["C4"]
