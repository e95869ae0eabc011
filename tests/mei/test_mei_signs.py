"""Meters, keys, staves and measures of MEI."""

import pytest

from heard import heard, keys, meters
from mei_by_hand import PIANO, SCORE_DEF, STAFF, measure, note

SIGNATURES = {
    "symbol": ('meter.sym="cut"', "0: 2/2"),
    "sum": ('meter.count="3+2" meter.unit="8"', "0: 5/8"),
    "mixed": ('<meterSigGrp func="mixed">{24}{18}</meterSigGrp>', "0: 5/8"),
    "alternating": ('<meterSigGrp func="alternating">{34}{24}</meterSigGrp>',
                    "0: 3/4, 3: 2/4, 5: 3/4"),
}  # fmt: skip


@pytest.mark.parametrize("case", SIGNATURES)
def test_meters(read, case):
    told, expected = SIGNATURES[case]
    for name in ("24", "18", "34"):
        sign = f'<meterSig count="{name[0]}" unit="{name[1]}"/>'
        told = told.replace(f"{{{name}}}", sign)
    attribute, element = ("", told) if told.startswith("<") else (told, "")
    definition = SCORE_DEF.replace('meter.count="4" meter.unit="4"', attribute)
    body = measure(note("c4", 2, 'dots="1"')) + measure("<mRest/>") + measure(note("c4", 2))
    assert meters(read(body, definition.replace("<staffGrp>", element + "<staffGrp>"))) == expected


def test_signatures_change_anywhere(read):
    body = (
        measure('<meterSig count="3" unit="4"/>' + note("c4", 2) + '<keySig sig="3f"/>'
                + note("d4", 4))
        + '<scoreDef><staffGrp><staffDef n="1"><meterSig sym="common"/></staffDef></staffGrp>'
        '<keySig><keyAccid pname="f" accid="s"/></keySig></scoreDef>'
        + measure(note("c4", 1))
    )  # fmt: skip
    notes = read(body)
    assert (meters(notes), keys(notes)) == ("0: 3/4, 3: 4/4", "0: 0, 2: -3, 3: 1")


KEYS = {
    "tonic": ('key.pname="f" key.mode="minor"', "", -4),
    "tonic of an element": ("", '<keySig pname="b" accid="f" mode="major"/>', -2),
    "no mode": ('key.pname="f"', "", 0),
    "signature": ('keysig="3f" key.pname="c" key.mode="major"', "", -3),
}


@pytest.mark.parametrize("case", KEYS)
def test_keys(read, case):
    attributes, element, fifths = KEYS[case]
    definition = SCORE_DEF.replace("<scoreDef", f"<scoreDef {attributes}")
    body = measure(note("c4", 1))
    notes = read(body, definition.replace("<staffGrp>", element + "<staffGrp>"))
    assert notes.key_fifths.tolist() == [fifths]


def test_a_key_of_one_staff_stands_in_it(read):
    staff = '<staff n="1"><staffDef n="1" key.sig="2f"/><layer n="1">{}</layer></staff>'
    assert keys(read(f"<measure>{staff.format(note('c4', 1))}</measure>")) == "0: -2"


def test_a_lower_staff_that_follows_its_part_says_nothing_new(read, recwarn):
    layer = '<staff n="{}"><layer n="1">{}</layer></staff>'
    upper = note("c5", 2) + '<keySig sig="2s"/>' + note("d5", 2)
    lower = note("c3", 2, 'dots="1"') + '<keySig sig="2s"/>' + note("d3", 4)
    body = f"<measure>{layer.format(1, upper)}{layer.format(2, lower)}</measure>"
    assert keys(read(body, PIANO)) == "0: 0, 2: 2"
    assert not recwarn.list


def test_staves_without_numbers_are_counted(read):
    staff = "<staff><layer>{}</layer><layer>{}</layer></staff>"
    body = staff.format(note("c5", 1), note("a4", 1)) + staff.format(note("c3", 1), "")
    definition = SCORE_DEF.replace(STAFF, '<staffDef/><staffDef trans.semi="-12"/>')
    notes = read(f"<measure>{body}</measure>", definition)
    assert heard(notes) == "0+4 C2, 0+4 A4, 0+4 C5"
    assert (notes.part.tolist(), notes.voice.tolist()) == ([1, 0, 0], [1, 2, 1])


def test_staves_with_one_brace_are_a_part(read):
    body = '<measure><staff n="2"><layer n="1">{}</layer></staff><staff n="1"><layer n="1">{}'
    body = body.format(note("c3", 1), note("c5", 1, 'staff="2"')) + "</layer></staff></measure>"
    notes = read(body, PIANO)
    assert (len(notes.parts), notes.staff.tolist(), notes.voice.tolist()) == (1, [2, 2], [5, 1])
    apart = PIANO.replace('n="1"', 'n="1" label="Viola"').replace('n="2"', 'n="2" label="Cello"')
    notes = read(body, apart)
    assert notes.parts.name.tolist() == ["Viola", "Cello"]
    assert (notes.part.tolist(), notes.staff.tolist()) == ([1, 0], [1, 1])


def test_a_whole_rest_alone_does_not_make_a_shorter_measure_longer(read):
    staff = '<staff n="{}"><layer>{}</layer></staff>'
    notes = staff.format(1, note("c5", 2)) + staff.format(2, '<rest dur="1"/>')
    definition = PIANO.replace('meter.count="4"', 'meter.count="2"')
    assert heard(read(f"<measure>{notes}</measure>" * 2, definition)) == "0+2 C5, 2+2 C5"
    rests = staff.format(1, f'{note("c5", 2)}<rest dur="1"/>')
    assert heard(read(f"<measure>{rests}</measure>" * 2, definition)) == "0+2 C5, 6+2 C5"


def test_measures_last_as_long_as_their_longest_layer(read):
    body = (
        f'<measure n="0"><staff n="1"><layer>{note("g4", 4)}</layer></staff>'
        f'<staff n="2"><layer><mRest/></layer></staff></measure>'
        f'<measure n="1"><staff n="1"><layer>{note("c4", 2)}</layer></staff>'
        f'<staff n="2"><layer>{note("c3", 1)}</layer></staff></measure>'
        f'<measure n="2"><staff n="2"><layer>{note("d3", 1)}</layer></staff></measure>'
    )
    notes = read(body, PIANO)
    assert heard(notes) == "0+1 G4, 1+4 C3, 1+2 C4, 5+4 D3"
    assert notes.measures.position_div.tolist()[0] == 3 * notes.divs_pq
