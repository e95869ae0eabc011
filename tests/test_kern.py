"""Kern by its manual: each case a few lines, and what sounds."""

import pytest

from heard import heard, keys, measures, meters
from musebench.errors import ScoreError, ScoreWarning
from musebench.score import read_score

END = "*-"


@pytest.fixture
def read(tmp_path):
    def read(text, number="", encoding="utf-8"):
        path = tmp_path / "score.krn"
        path.write_bytes(text.encode(encoding))
        return read_score(f"{path}{number}")

    return read


def spine(*tokens):
    return "\n".join(["**kern", "*M4/4", *tokens, END, ""])


TOKENS = {
    "dots": (["4..c", "16d"], "0+7/4 C4, 7/4+1/4 D4"),
    "dots apart": (["4c.", "8d"], "0+3/2 C4, 3/2+1/2 D4"),
    "breve": (["0c", "00d", "000e"], "0+8 C4, 8+16 D4, 24+32 E4"),
    "rational": (["3%2c", "3%2d"], "0+8/3 C4, 8/3+8/3 D4"),
    "triplet": (["12c", "12d", "12e"], "0+1/3 C4, 1/3+1/3 D4, 2/3+1/3 E4"),
    "grace": (["8qd", "qqe", "4c"], "0+1 C4, 0+0 D4 grace, 0+0 E4 grace"),
    "group of grace notes": (["16Qd", "16Qe", "4c"], "0+1 C4, 0+0 D4 grace, 0+0 E4 grace"),
    "octaves": (["4CCC", "4C", "4c", "4ccc"], "0+1 C1, 1+1 C3, 2+1 C4, 3+1 C6"),
    "accidentals": (["4c#", "4d--X", "4e#iJ", "4fn"], "0+1 C#4, 1+1 Dbb4, 2+1 E#4, 3+1 F4"),
    "rest": (["4r", "4rGG", "2ryy", "4c"], "4+1 C4"),
    "chord": (["2c 2e 2g"], "0+2 C4, 0+2 E4, 0+2 G4"),
    "chord of one rhythm": (["2c e g"], "0+2 C4, 0+2 E4, 0+2 G4"),
    "tie": (["[4c", "4c_", "4c]", "4c"], "0+3 C4, 3+1 C4"),
    "ties in a chord": (["[2c [2e", "2c] 2e]"], "0+4 C4, 0+4 E4"),
    "one tie in a chord": (["[2c 2e", "2c] 2f"], "0+4 C4, 0+2 E4, 2+2 F4"),
    "continuation of nothing": (["4c]", "4c"], "0+1 C4, 1+1 C4"),
    "null": (["2c", ".", "2d"], "0+2 C4, 2+2 D4"),
    "transposing instrument": (["*ITrd1c2", "*Trd1c2", "4B-"], "0+1 Bb3"),
    "filter": (["!!!filter: transpose -t P5", "! a comment", "4c"], "0+1 C4"),
}


@pytest.mark.parametrize("case", TOKENS)
def test_tokens(read, case):
    tokens, expected = TOKENS[case]
    assert heard(read(spine(*tokens))) == expected


SPINES = {
    "split and join": (
        "**kern|*M4/4|=1|*^|4c\t4ryy|4d\t4ryy|2e\t2g|*v\t*v|=2|1e|*-",
        "0+1 C4, 1+1 D4, 2+2 E4, 2+2 G4, 4+4 E4",
    ),
    "split in the first of two": (
        "**kern\t**kern|*^\t*|2C\t2E\t1c|2D\t2F\t.|*v\t*v\t*|1G\t1d|*-\t*-",
        "0+2 C3, 0+2 E3, 0+4 C4, 2+2 D3, 2+2 F3, 4+4 G3, 4+4 D4",
    ),
    "exchange": (
        "**kern\t**kern|2C\t2c|*x\t*x|2d\t2D|*-\t*-", "0+2 C3, 0+2 C4, 2+2 D3, 2+2 D4"
    ),
    "added": ("**kern|1c|*+|*\t**kern|1d\t1e|*-\t*-", "0+4 C4, 4+4 D4, 4+4 E4"),
    "ends early": ("**kern\t**kern|1c\t1e|*-\t*|1d|*-", "0+4 C4, 0+4 E4, 4+4 D4"),
    "tie into a split": ("**kern|[1c|*^|1e\t1c]|*v\t*v|1d|*-", "0+8 C4, 4+4 E4, 8+4 D4"),
    "tie out of a split": ("**kern|*^|1e\t[1c|*v\t*v|1c]|*-", "0+8 C4, 0+4 E4"),
    "other spines": (
        "**text\t**kern\t**dynam|4\t4c\t[ 99|.\t8d_\t]|*-\t*-\t*-", "0+1 C4, 1+1/2 D4"
    ),
    "tabs that align": ("**kern\t\t**kern|*\t*|4c\t\t4d|*-\t*-", "0+1 C4, 0+1 D4"),
    "renamed": ("**kern\t**text|4c\t4d|*\t**kern|4e\t4f|*-\t*-", "0+1 C4, 1+1 E4, 1+1 F4"),
    "grace beside a long note": (
        "**kern\t**kern|1C\t2c|.\t8qd|.\t2e|*-\t*-", "0+4 C3, 0+2 C4, 2+0 D4 grace, 2+2 E4"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SPINES)
def test_spines(read, case, recwarn):
    text, expected = SPINES[case]
    assert heard(read(text.replace("|", "\n") + "\n")) == expected
    assert not recwarn.list


PARTS = {
    "apart": (["*", "*"], [1, 0], [1, 1]),
    "part": (["*part1", "*part1"], [0, 0], [2, 1]),
    "piano": (["*Ipiano", "*Ipiano"], [0, 0], [2, 1]),
    "two violins": (["*Ivioln", "*Ivioln"], [1, 0], [1, 1]),
}


@pytest.mark.parametrize("case", PARTS)
@pytest.mark.parametrize("has_staves", [True, False])
def test_parts_and_staves(read, case, has_staves):
    (left, right), parts, staves = PARTS[case]
    signs = f"{left}\t{right}\n" + ("*staff2\t*staff1\n" if has_staves else "")
    notes = read(f"**kern\t**kern\n{signs}1C\t1c\n*-\t*-\n")
    assert (notes.part.tolist(), notes.staff.tolist()) == (parts, staves)
    assert len({*zip(notes.part.tolist(), notes.voice.tolist(), strict=True)}) == 2


def test_parts_have_the_names_of_instruments(read):
    text = '**kern\t**kern\n*Icello\t*Ivioln\n*\t*I"Violin\n1C\t1c\n*-\t*-\n'
    notes = read(text)
    assert notes.parts.name.tolist() == ["Violin", "cello"]
    assert notes.note_id.tolist() == ["P01_L4F1", "P00_L4F2"]


def test_notes_of_chords_are_named_by_line_field_and_place(read):
    assert read(spine("2c 2e")).note_id.tolist() == ["L3F1S1", "L3F1S2"]
    assert read("!! a comment\n\n" + spine("2c")).note_id.tolist() == ["L5F1"]


METERS = {
    "*M3/4": "3/4", "*M(3+2)/8": "5/8",
    "*M3+2/8": "5/8", "*M2/4+3/8": "7/8", "*M3/0": "6/1", "*met(c|)": "2/2",
    "*MM120": "4/4", "*M(unmeasured)": "4/4",
}  # fmt: skip


@pytest.mark.parametrize("sign", METERS)
def test_meters(read, sign):
    text = spine("1c").replace("*M4/4", sign)
    assert meters(read(text)) == f"0: {METERS[sign]}"


def test_a_meter_of_parts_of_wholes_is_as_long(read):
    """3/3%2 has three beats of two thirds of a whole note."""
    said = r"3/3%2 is read as 2/1, which is as long\.$"
    with pytest.warns(ScoreWarning, match=said):
        assert meters(read(spine("1c").replace("*M4/4", "*M3/3%2"))) == "0: 2/1"
    with pytest.raises(ScoreError, match="time signature '3/0%2' has '0'"):
        read(spine("1c").replace("*M4/4", "*M3/0%2"))


def test_signatures_hold_from_where_they_stand(read):
    notes = read(spine("*k[f#]", "4c", "*k[b-e-a-]", "*M3/4", "4d"))
    assert (meters(notes), keys(notes)) == ("0: 4/4, 1: 3/4", "0: 1, 1: -3")


def test_measures_are_from_barline_to_barline(read):
    notes = read(spine("4d", "=1", "1g", "=2:|!", "2a", "=:|!", "2b", "=3-", "1g", "=="))
    assert measures(notes) == '0 "", 1 "1", 5 "2", 9 "3", 13'
    assert notes.measures.position_div.tolist() == [3, 0, 0, 0]


def test_several_scores_are_read_one_by_one(read):
    text = spine("1c") + "!! and\n" + spine("1d")
    with pytest.warns(ScoreWarning, match="it has 2 scores; the first is read"):
        assert heard(read(text)) == "0+4 C4"
    assert heard(read(text, "#2")) == "0+4 D4"
    assert read(text, "#2").note_id.tolist() == ["L8F1"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings(read, encoding, newline):
    text = spine('*I"Fl\xf6te', "4c").replace("\n", newline)
    notes = read(text, encoding=encoding)
    assert (heard(notes), notes.parts.name.tolist()) == ("0+1 C4", ["Fl\xf6te"])


def test_titles_stand_in_front_of_a_score_in_it_or_behind_the_last(read):
    for text in ("!!!OTL: A  Piece\n!!!OTL@EN: No\n" + spine("4c"),
                 spine("!!!OTL@@DE: A Piece", "4c"), spine("4c") + "!!!OTL:A Piece\n"):  # fmt: skip
        assert read(text).title == "A Piece"
    text = spine("4c") + "!!!OTL: Second\n" + spine("4d")
    with pytest.warns(ScoreWarning, match="2 scores"):
        assert read(text).title == ""
    assert read(text, "#2").title == "Second"


WARNED = {
    "readings": (
        "**kern|4c|*strophe|*^|*S/sic\t*S/ossia|4d\t2a|4e\t.|*v\t*v|*Xstrophe|*^|4f\t4g|*-\t*-"
        .replace("|", "\n"), r"of several readings .* the first is read",
        "0+1 C4, 1+1 D4, 2+1 E4, 3+1 F4, 3+1 G4",
    ),
    "cut off": (spine("4c").removesuffix("*-\n"), r"may be cut off", "0+1 C4"),
    "apart": (
        "**kern\t**kern\n4c\t2e\n4d\t4f\n*-\t*-\n", "disagree on the time in 1 lines, .* line 3",
        "0+1 C4, 0+2 E4, 2+1 D4, 2+1 F4",
    ),
    "drums": (
        spine("*clefX", "4R", "4Rgg 4Rf", "4Rr", "*clefG2", "4cR"),
        r"notes without a pitch, as of drums, are left out \(3 times\)", "3+1 C4",
    ),
    "unusual key": (spine("*k[f#b-]", "4f#"), "unusual key signatures", "0+1 F#4"),
    "two meters": (
        "**kern\t**kern\n*M2/4\t*M6/8\n4c\t4e\n*-\t*-\n", "the highest part's are read",
        "0+1 C4, 0+1 E4",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WARNED)
def test_what_is_mended_is_told(read, case):
    text, told, expected = WARNED[case]
    with pytest.warns(ScoreWarning, match=rf"score\.krn: .*{told}"):
        assert heard(read(text)) == expected


REFUSED = {
    "no duration": (spine("c"), r"field 'c' of line 3 has no duration"),
    "fields": (spine("4c\t4d"), r"line 3 has 2 fields, and there are 1 spines"),
    "no kern": ("**text\nla\n*-\n", r"it has no \*\*kern spine"),
    "no Humdrum": ("hello\n", r"it is not Humdrum: its first line"),
    "empty": ("!! nothing\n", r"it is not Humdrum: no line names"),
    "no notes": (spine("1r"), "it has no pitched notes"),
    "nameless spine": ("**kern\n4c\n*+\n4c\t4d\n*-\t*-\n", r"added \(\*\+\) before line 4"),
    "zero": (spine("0%2c"), "the rhythm '0%2'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused(read, case):
    text, message = REFUSED[case]
    with pytest.raises(ScoreError, match=rf"score\.krn: .*{message}"):
        read(text)


def test_notes_of_exchanged_spines_stay_in_their_parts(read):
    notes = read("**kern\t**kern\n2C\t2c\n*x\t*x\n2d\t2D\n*-\t*-\n")
    assert (heard(notes), notes.part.tolist()) == (
        "0+2 C3, 0+2 C4, 2+2 D3, 2+2 D4",
        [1, 0, 1, 0],
    )
