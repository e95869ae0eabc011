"""The odd corners of MusicXML, a toy score for each; onsets and durations in quarter notes."""

import io
import warnings
import zipfile

import pytest

from musebench.errors import ScoreError, ScoreWarning
from musebench.score import read_score

PLAIN = "<divisions>2</divisions><key><fifths>0</fifths></key>"


def note(name, duration=None, before="", after="", *, chord=False, attributes=""):
    """A note: ``C4``, ``F#5``; other elements in front of its pitch and behind its duration."""
    alter = {"#": "<alter>1</alter>", "b": "<alter>-1</alter>", "": ""}[name[1:-1]]
    length = "" if duration is None else f"<duration>{duration}</duration>"
    tone = "<chord/>" if chord else ""
    pitch = f"<pitch><step>{name[0]}</step>{alter}<octave>{name[-1]}</octave></pitch>"
    return f"<note {attributes}>{before}{tone}{pitch}{length}{after}</note>"


def meter(beats, beat_type, of=""):
    return f"<time{of}><beats>{beats}</beats><beat-type>{beat_type}</beat-type></time>"


def attributes(*inside):
    return f"<attributes>{''.join(inside)}</attributes>"


def move(tag, duration):
    return f"<{tag}><duration>{duration}</duration></{tag}>"


def voice(number, staff=1):
    return f"<voice>{number}</voice><staff>{staff}</staff>"


START = attributes(PLAIN, meter(4, 4))


def score(*parts, before=""):
    """A score of parts, each a list of measures: what is in it, or that and its attributes."""
    listed = "".join(f'<score-part id="P{i}"/>' for i in range(len(parts)))
    written = ""
    for i, part in enumerate(parts):
        measures = [one if isinstance(one, tuple) else (one, "") for one in part]
        written += f'<part id="P{i}">' + "".join(
            f'<measure number="{number}" {about}>{inside}</measure>'
            for number, (inside, about) in enumerate(measures, 1)
        )
        written += "</part>"
    return f"<score-partwise>{before}<part-list>{listed}</part-list>{written}</score-partwise>"


@pytest.fixture
def read(tmp_path):
    def read(document, suffix=".musicxml", **how):
        path = tmp_path / f"score{suffix}"
        path.write_bytes(document if isinstance(document, bytes) else document.encode())
        return read_score(path, **how)

    return read


def names(notes):
    accidental = {0: "", 1: "#", -1: "b"}
    return [
        f"{step}{accidental[alter]}{octave}"
        for step, alter, octave in zip(
            notes.step.tolist(), notes.alter.tolist(), notes.octave.tolist(), strict=True
        )
    ]


def rows(notes):
    """(onset, duration, name) of each note, in quarter notes, times to three places."""
    times = (notes.onset_quarter.round(3).tolist(), notes.duration_quarter.round(3).tolist())
    return list(zip(*times, names(notes), strict=True))


# --- Meters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "beats"),
    [
        (meter(" 3 + 2 ", 8), (5, 8)),
        (meter("2</beats><beat-type>4</beat-type><beats>3", 8), (7, 8)),
        (meter("3</beats><beat-type>8</beat-type><beats>2+2", 16), (10, 16)),
    ],
)
def test_composite_meters_are_added_up(read, written, beats):
    notes = read(score([attributes(PLAIN, written) + note("C4", 4), note("D4", 4)]))
    assert (notes.beats[0], notes.beat_type[0]) == beats
    assert notes.time_signatures.beats.tolist() == [beats[0]]


@pytest.mark.parametrize(
    ("written", "warning"),
    [
        ("<time><senza-misura/></time>", "music without a meter"),
        (
            meter(3, "4</beat-type><interchangeable><beats>6</beats></interchangeable><beat-type>"),
            "a time signature is not read|interchangeable",
        ),
    ],
)
def test_meters_that_are_more_or_less_than_one_are_told(read, written, warning):
    with pytest.warns(ScoreWarning, match=warning):
        read(score([attributes(PLAIN, written) + note("C4", 6)]))


def test_two_meters_at_once_are_each_part_s_own(read):
    notes = read(
        score(
            [attributes(PLAIN, meter(3, 4)) + note("C4", 6)],
            [attributes(PLAIN, meter(6, 8)) + note("E4", 6)],
        )
    )
    assert notes.beat_type.tolist() == [4, 8]
    again = type(notes).from_frame(notes.to_frame())
    assert again.beat_type.tolist() == [4, 8]


# --- Measures beside each other -------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::musebench.errors.ScoreWarning")
@pytest.mark.parametrize(
    "short", ["", note("A3", 1), move("forward", 3), note("A3", 8) + move("backup", 6)]
)
def test_a_short_measure_of_one_part_does_not_move_the_next(read, short):
    notes = read(
        score(
            [START + note("C4", 8), note("D4", 8), note("E4", 8)],
            [attributes("<divisions>6</divisions>") + note("E3", 24), short, note("F3", 24)],
        )
    )
    assert {(0, "E3"), (8, "F3"), (8, "E4")} <= {(on, name) for on, _, name in rows(notes)}
    assert (notes.measures.start_div / notes.divs_pq).tolist() == [0, 4, 8]


def test_a_measure_is_filled_in_finer_divisions_where_it_must_be(read):
    parts = [[attributes("<divisions>3</divisions>") + note("C4", 4), note("D4", 12)]]
    parts += [[attributes("<divisions>4</divisions>") + note("E3", 4), note("F3", 16)]]
    with pytest.warns(ScoreWarning, match=r"filled up with silence \(once: measure 1\)"):
        notes = read(score(*parts))
    assert rows(notes)[2:] == [(1.333, 4, "F3"), (1.333, 4, "D4")]


def test_an_empty_measure_lasts_as_its_meter_says(read):
    with pytest.warns(ScoreWarning, match="an empty measure lasts as long as its meter says"):
        notes = read(score([attributes(PLAIN, meter(3, 4)) + note("C4", 6), "", note("E4", 6)]))
    assert rows(notes) == [(0, 3, "C4"), (6, 3, "E4")]
    cut = read(score([START + note("C4", 8), ("", 'implicit="yes"'), note("E4", 8)]))
    assert rows(cut) == [(0, 4, "C4"), (4, 4, "E4")]


@pytest.mark.parametrize(
    ("about", "notes_last", "rest_lasts", "next_at"),
    [
        ('implicit="yes"', 2, 8, 1),  # a pick-up beside the rest of a whole measure
        ("", 8, 16, 4),  # beside a rest that is too long
        ("", 8, 4, 4),
    ],
)
def test_a_whole_rest_does_not_make_a_measure_longer(read, about, notes_last, rest_lasts, next_at):
    rest = f"<note><rest/><duration>{rest_lasts}</duration></note>"
    with pytest.warns(ScoreWarning, match="ends with them|filled up with silence"):
        notes = read(
            score(
                [(START + note("C4", notes_last), about), note("D4", 8)],
                [(START + rest, about), note("E4", 8)],
            )
        )
    assert [onset for onset, _, _ in rows(notes)] == [0, next_at, next_at]


def test_a_whole_rest_does_not_make_a_measure_shorter(read):
    rest = START + "<note><rest/><duration>8</duration></note>"
    with pytest.warns(ScoreWarning, match="filled up with silence .once: measure 2"):
        notes = read(score([START + note("C4", 8), note("D4", 2), note("E4", 8)], [rest] * 3))
    assert rows(notes)[-1] == (8, 4, "E4")


def test_measures_that_a_part_lacks_are_found_by_their_numbers(read):
    text = score([START + note(f"{step}4", 8) for step in "CDE"], [START + note("C3", 8)])
    last = f'<measure number="3">{note("E3", 8)}</measure></part></score'
    with pytest.warns(ScoreWarning, match="a measure that a part lacks is filled up"):
        notes = read(text.replace("</part></score", last))
    assert rows(notes)[-2:] == [(8, 4, "E3"), (8, 4, "E4")]


def test_barlines_that_no_other_part_shares_are_not_aligned(read):
    apart = 'non-controlling="yes"'
    notes = read(
        score(
            [attributes(PLAIN, meter(3, 4)) + note("C4", 6), (note("D4", 6), apart), note("E4", 6)],
            [
                attributes(PLAIN, meter(2, 4)) + note("C3", 4),
                (note("D3", 4), apart),
                (note("E3", 4), apart),
                note("F3", 6),
            ],
        )
    )
    assert [onset for onset, _, _ in rows(notes)] == [0, 0, 2, 3, 4, 6, 6]


# --- Times ----------------------------------------------------------------------------------------


def test_divisions_and_durations_may_be_decimals(read):
    thirds = "".join(note(f"{step}4", "0.333") for step in "DEF")
    notes = read(score([attributes("<divisions>1.0</divisions>") + note("C4", 1.5) + thirds]))
    assert rows(notes)[1:] == [(1.5, 0.333, "D4"), (1.833, 0.333, "E4"), (2.167, 0.333, "F4")]
    assert notes.divs_pq == 6
    halves = attributes("<divisions>0.5</divisions>") + note("C4", 1) + note("D4", ".5")
    assert rows(read(score([halves]))) == [(0, 2, "C4"), (2, 1, "D4")]


def test_divisions_may_change_within_a_measure_that_goes_back_over_it(read):
    finer = attributes("<divisions>4</divisions>")
    notes = read(
        score([START + note("C4", 4) + finer + note("D4", 8) + move("backup", 16) + note("C3", 16)])
    )
    assert rows(notes) == [(0, 4, "C3"), (0, 2, "C4"), (2, 2, "D4")]


def test_a_part_without_divisions_has_those_of_the_score(read):
    with pytest.warns(ScoreWarning, match="has the first of the score"):
        notes = read(score([START + note("C4", 8)], [note("C3", 8)]))
    assert rows(notes) == [(0, 4, "C3"), (0, 4, "C4")]


def test_chord_tones_have_their_own_length(read):
    chord = note("C4", 8) + note("E4", 4, chord=True) + note("G4", 8, chord=True)
    chord += note("B4", chord=True)
    notes = read(score([START + chord, note("D4", 8)]))
    lengths = {name: duration for _, duration, name in rows(notes)}
    assert lengths == {"C4": 4, "E4": 2, "G4": 4, "B4": 4, "D4": 4}
    assert rows(notes)[-1] == (4, 4, "D4")


def test_a_chord_tone_ends_with_its_chord_at_the_latest(read):
    long = START + note("C4", 8) + note("E4", 12, chord=True)
    with pytest.warns(ScoreWarning, match="a chord tone that is longer than its chord ends with"):
        assert rows(read(score([long, note("D4", 8)])))[1:] == [(0, 4, "E4"), (4, 4, "D4")]
    held = START + note("C4", 8) + note("E4", 4, "", tie("start"), chord=True)
    assert rows(read(score([held, note("E4", 8, "", tie("stop"))]))) == [(0, 4, "C4"), (0, 8, "E4")]


def test_a_chord_may_hang_on_a_note_that_does_not_sound(read):
    drum = "<note><unpitched/><duration>4</duration></note>"
    with pytest.warns(ScoreWarning, match="unpitched notes, as of drums, are left out"):
        notes = read(score([START + drum + note("E4", 4, chord=True) + note("G4", 4)]))
    assert rows(notes) == [(0, 2, "E4"), (2, 2, "G4")]
    with pytest.warns(ScoreWarning, match="a chord tone without a note before it"):
        notes = read(score([START + note("E4", 4, chord=True) + note("G4", 4)]))
    assert rows(notes) == [(0, 2, "E4"), (2, 2, "G4")]


def test_drums_struck_together_do_not_refuse_a_score(read):
    drum = "<note>{}<unpitched/><duration>8</duration></note>"
    drums = START + drum.format("") + drum.format("<chord/>")
    with pytest.warns(ScoreWarning, match="are left out .2 times, first: measure 1 of part P1"):
        assert rows(read(score([START + note("C4", 8)], [drums]))) == [(0, 4, "C4")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ScoreError, match="it has no pitched notes"):
            read(score([drums]))


def test_grace_notes_take_no_time(read):
    grace = note("D4", 2, "<grace/>") + note("E4", None, "<grace/>")
    with pytest.warns(ScoreWarning, match="a grace note with a duration lasts 0 .once"):
        notes = read(score([START + note("C4", 4) + grace + note("F4", 4)]))
    assert rows(notes) == [(0, 2, "C4"), (2, 0, "D4"), (2, 0, "E4"), (2, 2, "F4")]
    assert notes.is_grace.tolist() == [False, True, True, False]


def test_a_repeated_measure_without_its_notes_is_told(read):
    sign = '<measure-style><measure-repeat type="{}">1</measure-repeat></measure-style>'
    rest = "<note><rest/><duration>8</duration></note>"
    measures = [START + note("C4", 8), attributes(sign.format("start")) + rest]
    measures += [attributes(sign.format("stop")) + rest]
    with pytest.warns(ScoreWarning, match="holds no notes .* .once: measure 2 of part P0"):
        read(score(measures))


# --- Ties -----------------------------------------------------------------------------------------


def tie(*types):
    return "".join(f'<tie type="{one}"/>' for one in types)


def tied(*types):
    inside = "".join(f'<tied type="{one}"/>' for one in types)
    return f"<notations>{inside}</notations>"


@pytest.mark.parametrize(
    ("first", "second", "then_first", "then_second"),
    [
        (voice(1), voice(2), voice(1), voice(2)),
        (voice(1), voice(5, 2), voice(1), voice(5, 2)),
        (voice(1), voice(5, 2), voice(2), voice(6, 2)),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_ties_of_one_pitch_go_on_in_their_own_voice(
    read, first, second, then_first, then_second, order
):
    both = START + note("G4", 8, "", tie("start") + first) + move("backup", 8)
    both += note("G4", 8, "", tie("start") + second)
    then = [
        note("G4", 2, "", tie("stop") + then_first) + note("A4", 6, "", then_first),
        note("G4", 8, "", tie("stop") + then_second),
    ]
    then = move("backup", 8).join(then[::order])
    notes = read(score([both, then]))
    assert rows(notes) == [(0, 5, "G4"), (0, 8, "G4"), (5, 3, "A4")]
    assert notes.staff.tolist()[:2] == [1, 2 if "2</staff>" in second else 1]
    assert notes.voice.tolist()[0] == 1


def test_ties_cross_voices_and_staves(read):
    first = note("G#4", 8, "", tie("start") + voice(1))
    assert rows(read(score([START + first, note("Ab4", 8, "", tie("stop") + voice(5, 2))]))) == [
        (0, 8, "G#4")
    ]


def test_ties_that_are_only_printed_are_ties_but_for_those_that_let_ring(read):
    first = START + note("C4", 8, "", tied("start"))
    chain = [first, note("C4", 8, "", tied("stop", "start")), note("C4", 8, "", tie("stop"))]
    assert rows(read(score(chain))) == [(0, 12, "C4")]
    ring = [START + note("C4", 8, "", tied("let-ring")), note("C4", 8)]
    assert len(read(score(ring))) == 2


@pytest.mark.filterwarnings("ignore:.*filled up with silence")
def test_a_tie_goes_on_over_silence_that_was_added_to_its_measure(read):
    short = [START + note("G4", 5, "", tie("start")), note("G4", 8, "", tie("stop"))]
    notes = read(
        score(short, [attributes("<divisions>3</divisions>") + note("C4", 10), note("D4", 12)])
    )
    assert rows(notes)[1] == (0, 7.333, "G4")


def test_grace_notes_of_one_pitch_are_not_tied_to_each_other_in_a_ring(read):
    grace = note("C4", None, "<grace/>", tie("stop", "start"))
    notes = read(score([START + grace * 3 + note("C4", 8, "", tie("stop"))]))
    assert rows(notes) == [(0, 4, "C4")]
    assert notes.is_grace.tolist() == [True]  # the first of the chain


# --- Pitches and voices ---------------------------------------------------------------------------


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


# --- Documents ------------------------------------------------------------------------------------

TOY = score([START + note("C4", 8)])
PREFIXED = (
    TOY.replace("<", "<m:")
    .replace("<m:/", "</m:")
    .replace("<m:score-partwise", '<m:score-partwise xmlns:m="urn:m"')
)
TIMEWISE = (
    '<score-timewise><part-list><score-part id="P0"/><score-part id="P1"/></part-list>'
    f'<measure number="1"><part id="P0">{START}{note("C4", 8)}</part></measure>'
    f'<measure number="2"><part id="P1">{START}{note("D4", 8)}</part></measure></score-timewise>'
)
DECLARED = '<?xml version="1.0" encoding="{}"?>'
ENTITY = '<!DOCTYPE score-partwise [<!ENTITY flat "b"><!ENTITY u "&#xFC;">]>'
DOCUMENTS = {
    "a namespace": TOY.replace("<score-partwise", '<score-partwise xmlns="http://example.org"'),
    "a prefix": PREFIXED,
    "harmless entities": ENTITY
    + TOY.replace('id="P0"/>', 'id="P0"><part-name>&u;</part-name></score-part>'),
    "blank lines": f"\n \n{DECLARED.format('UTF-8')}{TOY}",
    "a mark and blank lines": b"\xef\xbb\xbf\n" + TOY.encode(),
    "UTF-16, big end first": b"\xfe\xff"
    + f"\n{DECLARED.format('UTF-16')}{TOY}".encode("utf-16-be"),
    "UTF-16 that is none": DECLARED.format("utf-16") + TOY,
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_documents_are_read_in_all_their_shapes(read, case):
    assert rows(read(DOCUMENTS[case])) == [(0, 4, "C4")]


def test_a_score_of_measures_is_turned_into_one_of_parts(read):
    assert rows(read(TIMEWISE)) == [(0, 4, "C4"), (4, 4, "D4")]


@pytest.mark.parametrize(
    "entity",
    [
        '<!ENTITY a SYSTEM "file:///etc/hostname">',
        '<!ENTITY a PUBLIC "x" "http://127.0.0.1:9/x">',
        '<!ENTITY % a "b">',
        '<!ENTITY b "x"><!ENTITY a "&b;&b;">',
        '<!ENTITY b "x"><!ENTITY a "&#38;b;">',
        '<!ENTITY a "&#x3C;note/>">',
        '<!ENTITY a "<note/>">',
        f'<!ENTITY a "{"x" * 300}">',
        "".join(f'<!ENTITY a{i} "x">' for i in range(101)),
    ],
)
def test_entities_that_are_more_than_short_text_are_refused(read, entity):
    with pytest.raises(ScoreError, match="entities that are no short plain text"):
        read(f"<!DOCTYPE score-partwise [{entity}]>{TOY}")


def test_entities_that_would_fill_the_memory_are_refused(read, monkeypatch):
    monkeypatch.setattr("musebench.score.safe_xml.MAX_FILE_BYTES", 5_000)
    long = f'<!DOCTYPE score-partwise [<!ENTITY a "{"x" * 100}">]>'
    assert rows(read(long + TOY.replace("<part-list>", "<work>&a;</work><part-list>")))
    with pytest.raises(ScoreError, match="which can fill the memory"):
        read(long + TOY.replace("<part-list>", f"<work>{'&a;' * 50}</work><part-list>"))


# --- Archives -------------------------------------------------------------------------------------


def mxl(members, packing=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def container(*files):
    listed = "".join(
        f'<rootfile full-path="{name}"' + (f' media-type="{kind}"/>' if kind else "/>")
        for name, kind in files
    )
    return f"<container><rootfiles>{listed}</rootfiles></container>"


MUSIC = "application/vnd.recordare.musicxml+xml"
META = "META-INF/container.xml"
ARCHIVES = {
    "a mimetype": {"mimetype": MUSIC, META: container(("a.xml", MUSIC)), "a.xml": TOY},
    "no container": {"a.xml": TOY},
    "a dot": {META: container(("./a.xml", "")), "a.xml": TOY},
    "a slash": {META: container(("/a.xml", "")), "./a.xml": TOY},
    "backslashes": {"META-INF\\container.xml": container(("b\\a.xml", "")), "b\\a.xml": TOY},
    "a PDF first": {
        META: container(("a.pdf", "application/pdf"), ("a.xml", MUSIC)),
        "a.pdf": "%PDF",
        "a.xml": TOY,
    },
    "a picture first": {META: container(("a.png", ""), ("a.xml", "")), "a.png": "x", "a.xml": TOY},
    "a container in UTF-16": {META: container(("a.xml", "")).encode("utf-16"), "a.xml": TOY},
    "a score in UTF-16": {META: container(("a.xml", "")), "a.xml": TOY.encode("utf-16")},
    "a container that is none": {META: "x", "a.xml": TOY},
    "a score that is gone": {META: container(("b.xml", "")), "a.xml": TOY},
    "resource forks": {"__MACOSX/._a.xml": "x", "._a.xml": "x", ".DS_Store": "x", "b/a.xml": TOY},
    "the folder packed": {f"Song/{META}": container(("a.xml", "")), "Song/a.xml": TOY},
    "a name in per cent": {META: container(("My%20Song.xml", "")), "My Song.xml": TOY},
    "letter case": {"meta-inf/Container.XML": container(("A.xml", "")), "a.xml": TOY},
    "a folder of nothing": {"./": "", META: container(("a.xml", "")), "a.xml": TOY},
}  # fmt: skip


@pytest.mark.parametrize("case", ARCHIVES)
@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_are_read_as_programs_write_them(read, case, packing):
    assert rows(read(mxl(ARCHIVES[case], packing), ".mxl")) == [(0, 4, "C4")]


def test_accents_that_an_archive_does_not_declare_are_found(read):
    name = "Ph\u00e9dre.xml"
    data = mxl({META: container((name, "")), "Ph__dre.xml": TOY, "other.xml": score([START])})
    data = data.replace(b"Ph__dre.xml", name.encode())  # in UTF-8 without saying so
    assert rows(read(data, ".mxl")) == [(0, 4, "C4")]


def test_an_archive_of_several_scores_must_say_which(read):
    with pytest.raises(ScoreError, match=r"several scores \(a\.xml, b\.xml\) and says not which"):
        read(mxl({"a.xml": TOY, "b.xml": TOY}), ".mxl")
    with pytest.raises(ScoreError, match="the archive has no MusicXML in it"):
        read(mxl({"a.txt": TOY}), ".mxl")
