"""MEI by its guidelines: each case a few elements, and what sounds."""

from fractions import Fraction

import pytest

from heard import heard, keys, measures
from mei_by_hand import COMPOUND, MDIV, ROOT, SCORE_DEF, measure, note
from musebench.errors import ScoreError, ScoreWarning

TRIPLET = note("c4", 8, 'xml:id="a"') + note("d4", 8) + note("e4", 8, 'xml:id="b"')
TRIPLET_HEARD = "0+1/3 C4, 1/3+1/3 D4, 2/3+1/3 E4, 1+1 F4, 2+2 G4"
REST_OF_BAR = note("f4", 4) + note("g4", 2)
CHORD = '<chord {}><note pname="c" oct="4"/><note pname="e" oct="4"/></chord>'

DURATIONS = {
    "breve": (note("c4", "breve"), "0+8 C4"),
    "long": (note("c4", "long"), "0+16 C4"),
    "dots": (note("c4", 4, 'dots="2"') + note("d4", 16), "0+7/4 C4, 7/4+1/4 D4"),
    "dot elements": (
        '<note pname="c" oct="4" dur="4"><dot/><dot/></note>' + note("d4", 16),
        "0+7/4 C4, 7/4+1/4 D4",
    ),
    "performed value": (note("c4", 4, 'dur.ges="2"') + note("d4", 2), "0+2 C4, 2+2 D4"),
    "ticks beside a value": (note("c4", 4, 'dur.ges="13p"') + note("d4", 4), "0+1 C4, 1+1 D4"),
    "ticks alone": (
        note("c4", 4, 'dur.ges="8p"') + '<space dur.ges="4p"/>' + note("d4", 4),
        "0+1 C4, 3/2+1 D4",
    ),
    "ratio of a note": (
        "".join(note("c4", 4, 'num="3" numbase="2"') for _ in "abc"),
        "0+2/3 C4, 2/3+2/3 C4, 4/3+2/3 C4",
    ),
    "tuplet": (f'<tuplet num="3" numbase="2">{TRIPLET}</tuplet>{REST_OF_BAR}', TRIPLET_HEARD),
    "tuplet without numbase": (f'<tuplet num="3">{TRIPLET}</tuplet>{REST_OF_BAR}', TRIPLET_HEARD),
    "tuplet without numbers": (f"<tuplet>{TRIPLET}</tuplet>{REST_OF_BAR}", TRIPLET_HEARD),
    "nested tuplets": (
        '<tuplet num="3" numbase="2">' + note("c4", 4)
        + '<tuplet num="3" numbase="2">' + note("d4", 8) + note("e4", 8) + note("f4", 8)
        + "</tuplet>" + note("g4", 4) + "</tuplet>",
        "0+2/3 C4, 2/3+2/9 D4, 8/9+2/9 E4, 10/9+2/9 F4, 4/3+2/3 G4",
    ),
    "bTrem": (f"<bTrem>{note('c4', 2)}</bTrem>{note('d4', 2)}", "0+2 C4, 2+2 D4"),
    "fTrem": (
        "<fTrem>" + CHORD.format('dur="2"') + note("g4", 2) + "</fTrem>" + note("d4", 2),
        "0+1 C4, 0+1 E4, 1+1 G4, 2+2 D4",
    ),
    "grace notes": (
        note("c4", 2) + note("e4", 8, 'grace="unacc"')
        + f"<graceGrp>{note('g4', 16)}</graceGrp>" + note("d4", 2),
        "0+2 C4, 2+2 D4, 2+0 E4 grace, 2+0 G4 grace",
    ),
    "rest of the measure": ('<rest/>', None),
}  # fmt: skip


@pytest.mark.parametrize("case", DURATIONS)
def test_durations(read, case):
    inside, expected = DURATIONS[case]
    notes = read(measure(inside) + measure(note("a4", 1)))
    if expected is None:
        assert heard(notes) == "4+4 A4"
    else:
        assert heard(notes).startswith(f"{expected}, ")


SPANS = {
    "by name": '<tupletSpan num="3" numbase="2" startid="#a" endid="#b"/>',
    "by list": '<tupletSpan num="3" numbase="2" plist="#a #b"/>',
    "to the last onset": '<tupletSpan num="3" staff="1" tstamp="1" tstamp2="0m+1.6667"/>',
    "to the end": '<tupletSpan num="3" numbase="2" staff="1" tstamp="1" tstamp2="0m+2"/>',
}


@pytest.mark.parametrize("case", SPANS)
def test_tuplets_beside_their_notes(read, case):
    assert heard(read(measure(TRIPLET + REST_OF_BAR, SPANS[case]))) == TRIPLET_HEARD


def test_a_tuplet_of_one_layer_leaves_the_other_alone(read):
    layers = f'<layer n="1">{note("a4", 2)}</layer><layer n="2">{TRIPLET}{note("f4", 4)}</layer>'
    span = '<tupletSpan num="3" staff="1" layer="2" tstamp="1" tstamp2="0m+2"/>'
    found = heard(read(f'<measure><staff n="1">{layers}</staff>{span}</measure>'))
    assert found == "0+1/3 C4, 0+2 A4, 1/3+1/3 D4, 2/3+1/3 E4, 1+1 F4"


def test_a_tuplet_that_ends_elsewhere_is_none(read):
    span = '<tupletSpan num="3" numbase="2" startid="#b" endid="#a"/>'
    found = heard(read(measure(TRIPLET + REST_OF_BAR, span)))
    assert found == "0+1/2 C4, 1/2+1/2 D4, 1+1/2 E4, 3/2+1 F4, 5/2+2 G4"


def test_a_duplet_of_a_compound_meter(read):
    duplet = f'<tuplet num="2">{note("c4", 8)}{note("d4", 8)}</tuplet>'
    inside = duplet + note("f4", 4, 'dots="1"')
    assert heard(read(measure(inside), COMPOUND)) == "0+3/4 C4, 3/4+3/4 D4, 3/2+3/2 F4"


STANDING = {
    "mSpace": (measure("<mSpace/>"), 4, None),
    "mRest": (measure("<mRest/>"), 4, None),
    "nothing": ("<measure/>", 4, None),
    "multiRest": (measure('<multiRest num="3"/>'), 12, None),
    "mRpt": (measure(note("c4", 1)) + measure("<mRpt/>"), 8, r"silence\.$"),
    "multiRpt": (measure(note("c4", 1)) + measure('<multiRpt num="2"/>'), 12, r"silence\.$"),
    "halfmRpt": (measure(note("c4", 2) + "<halfmRpt/>"), 4, r"silence\.$"),
    "beatRpt": (measure(note("c4", 4) + "<beatRpt/>" * 2), 3, r"silence \(2 times\)"),
    "beatdef": (measure(note("c4", 4) + '<beatRpt beatdef="1.5"/>'), 2.5, r"silence\.$"),
}


@pytest.mark.parametrize("case", STANDING)
def test_what_stands_for_time_takes_it(read, case):
    before, time, told = STANDING[case]
    body = before + measure(note("a4", 1))
    if told:
        with pytest.warns(ScoreWarning, match=told):
            notes = read(body)
    else:
        notes = read(body)
    assert heard(notes).endswith(f"{Fraction(time)}+4 A4")


def test_a_repeated_beat_of_a_compound_meter_has_three_parts(read):
    body = measure(note("c4", 4, 'dots="1"') + "<beatRpt/>") + measure(note("d4", 4))
    with pytest.warns(ScoreWarning, match="silence"):
        assert heard(read(body, COMPOUND)) == "0+3/2 C4, 3+1 D4"


def test_measures_rested_together_are_measures(read):
    body = measure('<multiRest num="3"/>', attributes='n="5"') + measure(note("c4", 2))
    assert measures(read(body)) == '0 "5", 4 "6", 8 "7", 12 "", 14'


TIES = {
    "attributes": (note("c4", 1, 'tie="i"'), "", note("c4", 1, 'tie="t"')),
    "of a chord": (CHORD.format('dur="1" tie="i"'), "", CHORD.format('dur="1" tie="t"')),
    "names": (
        note("c4", 1, 'xml:id="a"'), '<tie startid="#a" endid="#b"/>', note("c4", 1, 'xml:id="b"')
    ),
    "names of chords": (
        CHORD.format('dur="1" xml:id="a"'), '<tie startid="#a" endid="#b"/>',
        CHORD.format('dur="1" xml:id="b"'),
    ),
    "both": (
        note("c4", 1, 'xml:id="a" tie="i"'), '<tie startid="#a" endid="#b"/>',
        note("c4", 1, 'xml:id="b" tie="t"'),
    ),
    "time stamps": (note("c4", 1), '<tie staff="1" tstamp="1" tstamp2="1m+1"/>', note("c4", 1)),
    "start and time": (
        note("c4", 1, 'xml:id="a"'), '<tie startid="#a" staff="1" tstamp2="1m+1"/>', note("c4", 1)
    ),
    "start alone": (note("c4", 1, 'xml:id="a"'), '<tie startid="#a"/>', note("c4", 1)),
}  # fmt: skip


@pytest.mark.parametrize("case", TIES)
def test_ties(read, case):
    first, tie, second = TIES[case]
    found = heard(read(measure(first, tie) + measure(second)))
    assert found == ("0+8 C4, 0+8 E4" if "chord" in first else "0+8 C4")


@pytest.mark.parametrize("case", ["attributes", "names", "time stamps", "start alone"])
def test_a_tied_note_has_the_accidental_of_the_one_before(read, case, recwarn):
    first, tie, second = (text.replace('"c"', '"f"') for text in TIES[case])
    first, after = first.replace("/>", ' accid="s"/>'), note("f4", 1, 'accid="n"')
    body = measure(first, tie) + measure(second) + measure(after)
    assert heard(read(body)) == "0+8 F#4, 8+4 F4"
    assert not recwarn.list


def test_the_accidental_of_a_tie_ends_with_it(read):
    written = ('accid="f" tie="i"', 'tie="m"', 'tie="t"', 'tie="t"')
    body = "".join(measure(note("b4", 1, how)) for how in written)
    assert heard(read(body)) == "0+12 Bb4, 12+4 B4"


def test_an_accidental_that_should_hold_in_its_measure_is_told(read, recwarn):
    signed = note("f4", 2, 'accid="s"')
    with pytest.warns(ScoreWarning, match=r"or an accidental before them .* alteration\.$"):
        assert heard(read(measure(signed + note("f4", 2)))) == "0+2 F#4, 2+2 F4"
    recwarn.clear()
    read(measure(signed + note("f5", 2)) + measure(note("f4", 1)))  # elsewhere it does not hold
    assert not recwarn.list


@pytest.mark.parametrize("by", ["name", "attribute"])
def test_a_tie_into_another_layer(read, by):
    first, second = ('xml:id="a"', 'xml:id="b"') if by == "name" else ('tie="i"', 'tie="t"')
    tie = '<tie startid="#a" endid="#b"/>' if by == "name" else ""
    layers = f'<layer n="1">{note("e4", 1)}</layer><layer n="2">{note("c4", 1, second)}</layer>'
    body = measure(note("c4", 1, first), tie) + f'<measure><staff n="1">{layers}</staff></measure>'
    assert heard(read(body)) == "0+8 C4, 4+4 E4"


def test_of_a_chord_as_many_notes_are_tied_as_there_are_ties(read):
    tie = '<tie staff="1" tstamp="1" tstamp2="1m+1" curvedir="{}"/>'
    for ties, expected in (
        (tie.format("above"), "0+4 C4, 0+8 E4, 4+4 C4"),
        (tie.format("below"), "0+8 C4, 0+4 E4, 4+4 E4"),
        (tie.format("above") * 2, "0+8 C4, 0+8 E4"),
    ):
        chord = CHORD.format('dur="1"')
        assert heard(read(measure(chord, ties) + measure(chord))) == expected


def test_a_tie_to_another_pitch_is_told(read):
    tie = '<tie startid="#a" endid="#b"/>'
    body = measure(note("c4", 2, 'xml:id="a"') + note("d4", 2, 'xml:id="b"'), tie)
    with pytest.warns(ScoreWarning, match=r"score\.mei: ties that lead to no note"):
        assert heard(read(body)) == "0+2 C4, 2+2 D4"


PITCHES = {
    "octave line of names": (
        note("c4", 2, 'xml:id="a"') + note("d4", 2),
        '<octave dis="8" dis.place="above" startid="#a" endid="#a"/>', "0+2 C5, 2+2 D4",
    ),
    "octave line of times": (
        note("c4", 2) + note("d4", 2),
        '<octave dis="15" dis.place="below" staff="1" tstamp="3" tstamp2="0m+4"/>',
        "0+2 C4, 2+2 D2",
    ),
    "octave that sounds": (
        note("c4", 1, 'oct.ges="5"'),
        '<octave dis="8" dis.place="above" staff="1" tstamp="1" tstamp2="0m+4"/>', "0+4 C5",
    ),
    "accidental that sounds": (note("c4", 1, 'accid="s" accid.ges="n"'), "", "0+4 C4"),
    "the last of several accidentals": (
        '<note pname="f" oct="4" dur="1"><accid accid="n"/><accid accid="s"/></note>', "",
        "0+4 F#4",
    ),
    "accidental inside": (
        '<note pname="c" oct="4" dur="1"><supplied><accid accid="f"/></supplied></note>', "",
        "0+4 Cb4",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PITCHES)
def test_pitches(read, case):
    inside, line, expected = PITCHES[case]
    assert heard(read(measure(inside, line))) == expected


ACCIDENTALS = {
    "n": "C4", "s": "C#4", "f": "Cb4", "x": "C##4", "ss": "C##4", "ff": "Cbb4", "ns": "C#4",
    "nf": "Cb4", "ts": "C###4", "xs": "C###4", "sx": "C###4", "tf": "Cbbb4", "tb": "Cbbb4",
}  # fmt: skip


@pytest.mark.parametrize("accidental", ACCIDENTALS)
def test_accidentals(read, accidental, recwarn):
    found = heard(read(measure(note("c4", 1, f'accid="{accidental}"'))))
    assert found == f"0+4 {ACCIDENTALS[accidental]}"
    assert not recwarn.list


MICROTONES = {"1qs": "C4", "3qf": "Cb4", "xu": "C##4", "ks": "C4", "bf": "Cb4", "bms": "C##4"}


@pytest.mark.parametrize("accidental", MICROTONES)
def test_microtones_are_rounded_to_the_nearest_semitone(read, accidental):
    with pytest.warns(ScoreWarning, match=r"microtones are rounded to semitones"):
        found = heard(read(measure(note("c4", 1, f'accid="{accidental}"'))))
    assert found == f"0+4 {MICROTONES[accidental]}"


@pytest.mark.parametrize("by", ["name", "attribute"])
def test_a_grace_note_is_tied_into_its_note(read, by):
    first, second = ('xml:id="a"', 'xml:id="b"') if by == "name" else ('tie="i"', 'tie="t"')
    tie = '<tie startid="#a" endid="#b"/>' if by == "name" else ""
    inside = note("c4", 8, f'grace="acc" {first}') + note("c4", 2, second) + note("d4", 2)
    assert heard(read(measure(inside, tie))) == "0+2 C4 grace, 2+2 D4"


def test_transposing_staves_are_read_as_they_sound(read):
    clarinet = SCORE_DEF.replace(
        'lines="5"', 'lines="5" trans.semi="-2" trans.diat="-1" key.sig="2s"'
    )
    notes = read(
        measure(note("d4", 1)) + '<staffDef n="1" trans.semi="-12" trans.diat="-7" key.sig="1f"/>'
        + measure(note("c4", 1)), clarinet,
    )  # fmt: skip
    assert heard(notes) == "0+4 C4, 4+4 C3"
    assert keys(notes) == "0: 0, 4: -1"


def test_quarter_tones_are_rounded_and_told(read):
    body = measure(note("d4", 2, 'accid="1qf"') + note("d4", 2, 'accid="3qs"'))
    with pytest.warns(ScoreWarning, match=r"microtones are rounded to semitones \(2 times\)"):
        assert heard(read(body)) == "0+2 D4, 2+2 D#4"


VARIANTS = {
    "del": ("<del>{c}</del>{d}", "0+2 D4"),
    "restored": ("<restore><del>{c}</del></restore>{d}", "0+2 C4, 2+2 D4"),
    "supplied": ("<supplied><unclear>{c}</unclear></supplied>{d}", "0+2 C4, 2+2 D4"),
    "app": ("<app><rdg>{c}</rdg><lem>{d}</lem></app>{e}", "0+2 D4, 2+2 E4"),
    "app of readings": ("<app><rdg>{c}</rdg><rdg>{d}</rdg></app>{e}", "0+2 C4, 2+2 E4"),
    "sic": ("<choice><sic>{c}</sic><corr>{d}</corr></choice>{e}", "0+2 D4, 2+2 E4"),
    "orig": ("<choice><orig>{c}</orig><reg>{d}</reg></choice>{e}", "0+2 D4, 2+2 E4"),
    "subst": ("<subst><del>{c}</del><add>{d}</add></subst>{e}", "0+2 D4, 2+2 E4"),
    "inside": ("<app><lem><choice><sic>{c}</sic><corr>{d}</corr></choice></lem></app>", "0+2 D4"),
    "ossia": ("<ossia><layer>{c}</layer><oLayer>{d}</oLayer></ossia>", "0+2 C4"),
}


@pytest.mark.parametrize("case", VARIANTS)
def test_one_text_of_several_is_read_and_which_is_told(read, case, recwarn):
    inside, expected = VARIANTS[case]
    written = inside.format(c=note("c4", 2), d=note("d4", 2), e=note("e4", 2))
    assert heard(read(measure(written))) == expected
    is_told = any("it has variants" in str(warning.message) for warning in recwarn)
    assert is_told == any(tag in inside for tag in ("<app", "<choice", "<subst"))


def test_copies_are_written_out(read):
    twice = note("c4", 2, 'xml:id="a" tie="i"') + '<note copyof="#a" tie="t"/>'
    body = measure(twice, attributes='xml:id="m"') + '<measure copyof="#m"/>'
    assert heard(read(body)) == "0+4 C4, 4+4 C4"
    assert heard(read(measure(note("c4", 2, 'xml:id="a"') + '<note sameas="#a"/>'))) == (
        "0+2 C4, 2+2 C4"
    )


FILE_TITLE = "<fileDesc><titleStmt><title>{}</title></titleStmt></fileDesc>"
WORK = "<workList><work><title>Work</title></work></workList>"
PARTS = '<titlePart type="main">My  Piece</titlePart><titlePart>an encoding</titlePart>'
TITLES = {
    "file": (FILE_TITLE.format(" My\n<rend>Piece</rend>"), "My Piece"),
    "work": (FILE_TITLE.format("An encoding") + WORK, "Work"),
    "empty work": (FILE_TITLE.format("File") + WORK.replace("Work<", "<"), "File"),
    "parts": (FILE_TITLE.format(PARTS), "My Piece"),
    "none": ("", ""),
}


@pytest.mark.parametrize("case", TITLES)
def test_titles(read, case):
    head, title = TITLES[case]
    root = ROOT.replace("<music>", f"<meiHead>{head}</meiHead><music>")
    assert read(measure(note("c4", 1)), root=root).title == title


def test_movements_are_read_one_by_one(read):
    body = "".join(MDIV.format(SCORE_DEF, measure(note(name, 1))) for name in ("c4", "d4"))
    with pytest.warns(ScoreWarning, match=r"it has 2 movements \(mdiv\); the first is read"):
        assert heard(read(body)) == "0+4 C4"
    assert heard(read(body, number="#2")) == "0+4 D4"
    with pytest.raises(ScoreError, match=r"score\.mei#3: it has 2 movements .* number 3 is asked"):
        read(body, number="#3")


def test_movements_of_a_group_are_counted_once(read):
    bodies = [MDIV.format(SCORE_DEF, measure(note(name, 1))) for name in ("c4", "d4")]
    group = "".join(f"<music><body>{body}</body></music>" for body in bodies)
    root = f"<mei><music><group>{group}</group></music></mei>"
    with pytest.warns(ScoreWarning, match="it has 2 movements"):
        assert heard(read("<mdiv", root=root)) == "0+4 C4"
    assert heard(read("<mdiv", root=root, number="#2")) == "0+4 D4"


def test_names_may_have_a_prefix(read):
    root = ROOT.replace("<mei xmlns=", "<mei xmlns:m=")
    body = MDIV.format(SCORE_DEF, measure(note("c4", 1)))
    text = root.format(body).replace("</", "</m:").replace("<", "<m:").replace("<m:/m:", "</m:")
    assert heard(read("<mdiv", root=text.replace("{", "").replace("}", ""))) == "0+4 C4"


LEFT_OUT = {
    "percussion": ('<note loc="4" dur="2"/>', r"without a pitch"),
    "tablature": (
        '<tabGrp dur="2"><note tab.course="1" tab.fret="2"/></tabGrp>',
        "without a pitch",
    ),
    "no octave": ('<note pname="c" dur="2"/>', r"without an octave are left out"),
    "hidden cue": (note("c4", 2, 'cue="true" visible="false"'), r"cue notes"),
}
UNSAID = {
    "end of a line": ("", '<octave dis="8" staff="1" tstamp="1"/>', r"octave lines"),
    "ratio": ('tuplet="i1"', "", r"do not say their ratio"),
    "accidental": ("", '<keySig sig="1s"/>', r"that a key signature or .* \(2 times\)"),
}


@pytest.mark.parametrize("case", UNSAID)
def test_what_is_not_said_is_told(read, case):
    attribute, beside, told = UNSAID[case]
    with pytest.warns(ScoreWarning, match=told):
        found = heard(read(measure(note("f4", 2, attribute) + note("f4", 2), beside)))
    assert found == "0+2 F4, 2+2 F4"


def test_notes_that_say_what_sounds_need_no_warning(read, recwarn):
    inside = note("f4", 2, 'accid.ges="s"') + note("f4", 2) + '<keySig sig="1s"/>'
    assert heard(read(measure(inside))) == "0+2 F#4, 2+2 F4"
    assert not recwarn.list


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_is_left_out_is_told(read, case):
    inside, told = LEFT_OUT[case]
    with pytest.warns(ScoreWarning, match=told):
        assert heard(read(measure(inside + note("d4", 2)))) == "2+2 D4"


def test_printed_cue_notes_and_hidden_notes_sound(read):
    inside = note("c4", 2, 'cue="true"') + note("d4", 2, 'visible="false"')
    assert heard(read(measure(inside))) == "0+2 C4, 2+2 D4"


def test_defaults_hold(read):
    definition = SCORE_DEF.replace("lines=", 'dur.default="2" oct.default="5" lines=')
    assert heard(read(measure('<note pname="c"/><note pname="d" dur="4"/>'), definition)) == (
        "0+2 C5, 2+1 D5"
    )
    definition = SCORE_DEF.replace("lines=", 'num.default="3" numbase.default="2" lines=')
    assert heard(read(measure(note("c4", 2) + note("d4", 2, 'num="1"')), definition)) == (
        "0+4/3 C4, 4/3+2 D4"
    )


REFUSED = {
    "duration": (note("c4", "brevis"), r"a <note> has the duration 'brevis'"),
    "no duration": ('<note pname="c" oct="4"/>', "a <note> has no duration"),
    "letter": ('<note pname="h" oct="4" dur="4"/>', "has the letter 'h'"),
    "accidental": (note("c4", 4, 'accid="y"'), "has the accidental 'y'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused(read, case):
    inside, message = REFUSED[case]
    with pytest.raises(ScoreError, match=message):
        read(measure(inside))


def test_parts_apart_sound_together(read):
    part = f"<part>{SCORE_DEF}<section>{{}}</section></part>"
    parts = part.format(measure(note("c5", 1))) + part.format(
        measure("<mRest/>") + measure(note("c3", 1))
    )
    notes = read(f"<mdiv><parts>{parts}</parts></mdiv>")
    assert (heard(notes), notes.part.tolist()) == ("0+4 C5, 4+4 C3", [0, 1])
    assert measures(notes) == '0 "", 4 "", 8'


def test_what_is_not_mei_is_refused(read):
    with pytest.raises(ScoreError, match=r"it has no <mdiv> with a <score> or <parts>"):
        read("<mdiv><parts/></mdiv>")
    with pytest.raises(ScoreError, match="its root is <mie>"):
        read("<mdiv", root="<mie/>")
