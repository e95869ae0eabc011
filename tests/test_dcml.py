"""DCML's tables -> note tables and labels: own toy tables, by eye."""

import csv
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musebench import pitch
from musebench.annotations import (
    IGNORE_LABEL,
    cadence_labels,
    phrase_labels,
    read_annotations,
    read_harmonies,
    roman_numeral_labels,
)
from musebench.annotations.roman_numerals import SCALES, _resolve
from musebench.annotations.vocabulary import (
    CADENCES,
    DEGREES,
    NUMERALS,
    ROMAN_NUMERAL_HEADS,
)
from musebench.errors import AnnotationError, ScoreError
from musebench.score import read_dcml
from musebench.store.columns import columns_of, read_labels_of
from musebench.store.shards import Row, Shard, write_shard

# A pick-up, a measure, one that a repeat divides, a first and a second ending in a new key and
# meter: quarters 0-1, 1-4, 4-5, 5-7, 7-10, 10-12.
MEASURES = """
mc mn keysig timesig act_dur mc_offset volta
1  0  2      3/4     1/4     1/2       -
2  1  2      3/4     3/4     0         -
3  2  2      3/4     1/4     0         -
4  2  2      3/4     1/2     1/4       -
5  3  2      3/4     3/4     0         1
6  3  -3     2/4     1/2     0         2
"""
# Rows: pick-up; tied over a barline and within the measure into another voice; a chord in the left
# hand; a grace, and one tied to its note; a note of each ending; a start that is continued nowhere.
NOTES = """
mc mc_onset duration tpc midi staff voice tied gracenote
1  0        1/4      3   69   1     1     -    -
2  0        1/2      6   78   1     1     1    -
2  1/2      1/4      6   78   1     2     0    -
3  0        1/4      6   78   1     1     -1   -
2  5/8      1/12     2   50   2     1     -    -
2  0        3/4      2   50   2     1     -    -
3  0        0        9   75   1     1     -    acciaccatura
3  0        1/4      4   76   1     1     -    -
4  1/4      0        2   62   2     1     1    grace16
4  1/4      1/4      2   62   2     1     -1   -
5  0        3/4      2   74   1     1     -    -
6  0        1/2      -3  75   1     1     1    -
"""
HARMONIES = """
mc mc_onset globalkey localkey chord  numeral figbass chord_type relativeroot cadence phraseend
2  0        D         I        I      I       -       M          -            -       {
2  5/8      D         I        V65/V  V       65      Mm7        V            HC      }
3  1/8      D         I        @none  @none   -       -          -            PAC     -
4  1/4      D         vi       #viio7 #vii    7       o7         -            DC      }{
5  0        D         vi       -      -       -       -          -            -       -
6  0        D         bII      It6    vii     6       It         V/V          PAC     }
6  0        D         bII      i      q       -       m          -            IAC     -
"""


def write(folder, name, text):
    """A table whose columns are set apart by spaces, with - for an empty cell."""
    rows = [line.split() for line in text.strip().splitlines()]
    cells = [["" if cell == "-" else cell for cell in row] for row in rows]
    file = folder / f"toy.{name}.tsv"
    with file.open("w", newline="") as stream:
        csv.writer(stream, delimiter="\t", lineterminator="\n").writerows(cells)
    return file


def read_toy(folder, notes=NOTES, measures=MEASURES, **layout):
    return read_dcml(write(folder, "notes", notes), write(folder, "measures", measures), **layout)


def without_column(text, name):
    rows = [line.split() for line in text.strip().splitlines()]
    place = rows[0].index(name)
    return "\n".join(" ".join(row[:place] + row[place + 1 :]) for row in rows)


def test_a_score_by_eye(tmp_path):
    notes = read_toy(tmp_path)
    assert notes.divs_pq == 6
    quarters = [Fraction(int(time), 6) for time in notes.onset_div]
    assert quarters == [0, 1, 1, Fraction(7, 2), 4, 4, 6, 7, 10]
    lasting = [Fraction(int(time), 6) for time in notes.duration_div]
    assert lasting == [1, 3, 4, Fraction(1, 3), 0, 1, 1, 3, 2]
    assert notes.pitch.tolist() == [69, 50, 78, 50, 75, 76, 62, 74, 75]
    assert "".join(notes.step) == "ADFDDEDDE"
    assert notes.alter.tolist() == [0, 0, 1, 0, 1, 0, 0, 0, -1]
    assert notes.octave.tolist() == [4, 3, 5, 3, 5, 5, 4, 5, 5]
    assert np.flatnonzero(notes.is_grace).tolist() == [4]
    assert notes.staff.tolist() == [1, 2, 1, 2, 1, 1, 2, 1, 1]
    assert notes.voice.tolist() == [1, 5, 1, 5, 1, 1, 5, 1, 1]
    assert notes.key_fifths.tolist() == [2] * 8 + [-3]
    assert notes.beats.tolist() == [3] * 8 + [2]
    assert notes.beat_position.tolist() == [2, 0, 0, 2.5, 0, 0, 2, 0, 0]
    assert notes.note_id.tolist() == ["n0", "n5", "n1", "n4", "n6", "n7", "n8", "n10", "n11"]
    assert len(notes.parts) == 1


def test_measures_by_eye(tmp_path):
    measures = read_toy(tmp_path).measures
    assert (measures.start_div // 6).tolist() == [0, 1, 4, 7, 10]
    assert (measures.end_div // 6).tolist() == [1, 4, 7, 10, 12]
    assert (measures.position_div // 6).tolist() == [2, 0, 0, 0, 0]
    assert measures.name.tolist() == ["0", "1", "2", "3", "3"]
    assert measures.beats.tolist() == [3] * 4 + [2]


def test_staves_may_be_parts(tmp_path):
    notes = read_toy(tmp_path, staff_is_part=True)
    assert notes.part.tolist() == [0, 1, 0, 1, 0, 0, 1, 0, 0]
    assert set(notes.staff) == set(notes.voice) == {1}
    assert notes.note_id[1] == "P01_n5"
    assert notes.key_signatures.to_frame().values.tolist() == [
        [0, 0, 2, ""],
        [0, 60, -3, ""],
        [1, 0, 2, ""],
        [1, 60, -3, ""],
    ]


def test_a_staff_that_doubles_is_left_out_where_it_does(tmp_path):
    organ = "2 0 3/4 2 50 3 1 - -\n2 0 3/4 -1 53 3 1 - -\n2 5/8 1/8 2 50 3 1 - -"
    notes = read_toy(tmp_path, NOTES + organ, staff_is_part=True, doubling_staff=3)
    assert notes.note_id[notes.part == 2].tolist() == ["P02_n13", "P02_n14"]
    assert len(read_toy(tmp_path, NOTES + organ)) == len(notes) + 1


def test_columns_that_are_not_used_need_not_be_there(tmp_path):
    plain = read_toy(tmp_path, without_column(NOTES, "gracenote"))
    assert not plain.is_grace.any()
    assert len(read_toy(tmp_path, without_column(NOTES, "tied"))) == 12
    whole = read_toy(tmp_path, measures=without_column(MEASURES, "mc_offset"))
    assert not whole.measures.position_div.any()


def test_ties_close_small_gaps_only(tmp_path):
    notes = read_toy(
        tmp_path,
        """
        mc mc_onset duration tpc midi staff voice tied
        2  0        1/8      0   60   1     1     1
        2  1/4      1/4      0   60   1     1     -1
        2  0        1/8      1   67   1     1     1
        4  1/4      1/4      1   67   1     1     -1
        """,
    )
    assert notes.pitch.tolist() == [60, 67, 67]
    assert (notes.duration_div / notes.divs_pq).tolist() == [2, 0.5, 1]


def test_unisons_are_tied_each_in_its_own_voice(tmp_path):
    notes = read_toy(
        tmp_path,
        """
        mc mc_onset duration tpc midi staff voice tied
        2  0        1/4      0   60   1     1     1
        2  0        1/4      0   60   2     1     1
        2  1/4      1/2      0   60   2     1     -1
        2  1/4      1/4      0   60   1     1     -1
        """,
    )
    assert dict(zip(notes.staff.tolist(), notes.duration_div.tolist(), strict=True)) == {1: 2, 2: 3}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1/12", "1/x", r"notes.tsv: row 5: duration is '1/x', not a fraction such as 3/8"),
        ("1/12", "1/0", "row 5: duration is '1/0', not a fraction"),
        ("1/12", "-1/8", "row 5: duration is '-1/8', not a fraction"),
        ("1/12", "1/1000003", "a quarter note has '1000003' divisions"),
        ("6  0", "7  0", "row 12 is in measure 7 of 6"),
        ("6   78", "7   78", r"row 2: MIDI pitch 78 cannot be spelled as C# \(tpc 7\)"),
        ("9   75", "9   x", "row 7: midi is 'x', not a whole number"),
        ("-1   -\n5", "2    -\n5", "the column tied has '2'"),
        ("1     1     -    -\n2", "1     9     -    -\n2", "a note in voice 9, and voice 1 to 4"),
        ("tpc", "tcp", "it has no column 'tpc'; needed are mc, mc_onset"),
        ("acciaccatura", "- -", "row 7 has 10 cells instead of 9"),
    ],
)
def test_broken_notes_are_refused(tmp_path, old, new, message):
    assert old in NOTES
    with pytest.raises(ScoreError, match=message):
        read_toy(tmp_path, NOTES.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("3/4     1/4     1/2", "3:4     1/4     1/2", r"measures.tsv: .*time signature '3:4'"),
        ("3/4     1/4     1/2", "0/4     1/4     1/2", "it has the time signature 0/4"),
        ("3/4     1/4     1/2", "3/4     0       1/2", "row 1: a measure lasts 0"),
        ("1  0  2", "2  0  2", "its measures are not counted 1, 2, 3"),
        ("1  0  2", "1  0  -", "row 1: keysig is '', not a whole number"),
        ("3/4     1/4     1/2", "3/4     999999999     1/2", "it lasts more than"),
    ],
)
def test_broken_measures_are_refused(tmp_path, old, new, message):
    assert old in MEASURES
    with pytest.raises(ScoreError, match=message):
        read_toy(tmp_path, measures=MEASURES.replace(old, new, 1))


def test_missing_and_empty_tables_are_named(tmp_path):
    measures = write(tmp_path, "measures", MEASURES)
    with pytest.raises(ScoreError, match=r"nowhere.tsv: there is no such file"):
        read_dcml(tmp_path / "nowhere.tsv", measures)
    with pytest.raises(ScoreError, match="it has no pitched notes"):
        read_toy(tmp_path, NOTES.strip().splitlines()[0])
    (tmp_path / "latin.tsv").write_bytes(b"mc\xe9\n")
    with pytest.raises(ScoreError, match=r"latin.tsv: cannot be read \(UnicodeDecodeError"):
        read_dcml(tmp_path / "latin.tsv", measures)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5),
            st.sampled_from(["0", "1/4", "1/3", "5/16"]),
            st.sampled_from(["0", "1/8", "1/12", "3/4"]),
            st.integers(-14, 16),
            st.integers(2, 7),
        ),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=50, deadline=None)
def test_untied_notes_come_back_as_they_were_written(tmp_path_factory, heads):
    folder = tmp_path_factory.mktemp("made")
    measures = "mc act_dur timesig keysig\n" + "\n".join(f"{m} 1 4/4 0" for m in range(1, 6))
    rows, expected = ["mc mc_onset duration tpc midi staff voice"], []
    for mc, onset, duration, tpc, octave in heads:
        step, alter = pitch.tpc_to_spelling(tpc)
        midi = 12 * octave + pitch.STEP_TO_PITCH_CLASS[step] + alter
        rows.append(f"{mc} {onset} {duration} {tpc} {midi} 1 1")
        place = 4 * (mc - 1 + Fraction(onset))
        expected.append((place, midi, 4 * Fraction(duration), tpc))
    notes = read_toy(folder, "\n".join(rows), measures)
    found = [
        (
            Fraction(int(notes.onset_div[i]), notes.divs_pq),
            int(notes.pitch[i]),
            Fraction(int(notes.duration_div[i]), notes.divs_pq),
            pitch.spelling_to_tpc(str(notes.step[i]), int(notes.alter[i])),
        )
        for i in range(len(notes))
    ]
    assert sorted(found) == sorted(expected)
    assert [row[:3] for row in found] == sorted(row[:3] for row in found)


# Labels


def toy_harmonies(folder, text=HARMONIES):
    notes = read_toy(folder)
    return read_harmonies(write(folder, "harmonies", text), folder / "toy.measures.tsv", notes)


def names_of(found, head, classes):
    return [classes[label] if label >= 0 else "" for label in found.labels[head]]


def test_cadences_and_phrases_by_eye(tmp_path):
    harmonies = toy_harmonies(tmp_path)
    assert (harmonies.onset_div / 6).tolist() == [0, 1, 3.5, 4, 6, 7, 10]
    cadences = cadence_labels(harmonies)
    assert names_of(cadences, "cadence", CADENCES) == [
        *("none", "none", "HC", "none", "other", "none", "IAC")
    ]
    # No note starts at the first PAC, and the last one stands where an IAC follows it.
    assert cadences.counts == {"annotated": 5, "unaligned": 1, "overruled": 1, "unread": 0}
    phrases = phrase_labels(harmonies)
    assert phrases.labels["phrase_end"].tolist() == [0, 0, 1, 0, 1, 0, 1]
    assert phrases.counts["annotated"] == 3


def test_a_subtype_of_a_cadence_counts_as_its_kind(tmp_path):
    plain, simple = (
        cadence_labels(toy_harmonies(tmp_path, HARMONIES.replace("HC ", kind)))
        for kind in ("HC ", "HC.SIM ")
    )
    assert simple.labels["cadence"].tolist() == plain.labels["cadence"].tolist()
    assert CADENCES.index("HC") in plain.labels["cadence"]


def test_the_older_sign_ends_a_phrase(tmp_path):
    harmonies = toy_harmonies(tmp_path, HARMONIES.replace("HC      }", r"HC      \\"))
    assert phrase_labels(harmonies).labels["phrase_end"].tolist() == [0, 0, 1, 0, 1, 0, 1]


def test_roman_numerals_by_eye(tmp_path):
    found = roman_numeral_labels(toy_harmonies(tmp_path))
    table = {head: names_of(found, head, names) for head, names in ROMAN_NUMERAL_HEADS.items()}
    # Nothing before the first chord; V of V in D; @none from quarter 4.5 on; in B minor the leading
    # note, which goes on past a row without a chord; at last a numeral that cannot be read.
    assert table == {
        "local_key": ["", "D major", "D major", "D major", "B minor", "B minor", ""],
        "degree": ["", "I", "V", "V", "#VII", "#VII", ""],
        "applied_degree": ["", "none", "V", "V", "none", "none", ""],
        "quality": ["", "M", "Mm7", "Mm7", "o7", "o7", ""],
        "inversion": ["", "0", "1", "1", "0", "0", ""],
        "root": ["", "D", "E", "E", "A#", "A#", ""],
    }
    assert found.counts == {"annotated": 6, "unaligned": 1, "overruled": 1, "unread": 1}
    assert found.labels["root"][0] == IGNORE_LABEL


def test_nested_numerals_are_resolved(tmp_path):
    text = "\n".join(HARMONIES.strip().splitlines()[:-1])
    found = roman_numeral_labels(toy_harmonies(tmp_path, text))
    last = {head: names[found.labels[head][-1]] for head, names in ROMAN_NUMERAL_HEADS.items()}
    assert last == {
        "local_key": "Eb major",
        "degree": "VII",
        "applied_degree": "II",
        "quality": "It",
        "inversion": "1",
        "root": "E",
    }


def test_no_annotation_reaches_the_notes(tmp_path):
    """The note table is made from two other files: it cannot know the third."""
    assert "harmonies" not in read_dcml.__annotations__
    before = read_toy(tmp_path)
    toy_harmonies(tmp_path)
    np.testing.assert_equal(read_toy(tmp_path).columns(), before.columns())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("3  1/8", "3  1/", r"harmonies.tsv: row 3: mc_onset is '1/', not a fraction"),
        ("3  1/8", "9  1/8", "row 3 is in measure 9, but the score has 6"),
        ("numeral", "number", "it has no column 'numeral'"),
        ("HC ", "XC ", "unknown cadence 'XC'; known are PAC, IAC, HC, EC, DC, PC"),
        ("}{", "{}", r"unknown phrase sign '\{\}'"),
    ],
)
def test_broken_annotations_are_refused(tmp_path, old, new, message):
    assert old in HARMONIES
    with pytest.raises(AnnotationError, match=message):  # noqa: PT012
        harmonies = toy_harmonies(tmp_path, HARMONIES.replace(old, new, 1))
        cadence_labels(harmonies)
        phrase_labels(harmonies)


def test_every_degree_has_one_class():
    for is_minor in (False, True):
        found = {_resolve(numeral, (0, is_minor))[0] for numeral in DEGREES}
        assert len(found) == len(DEGREES) == 3 * len(NUMERALS) == 3 * len(SCALES[is_minor])


def test_labels_come_back_as_they_were(tmp_path):
    file, notes = write(tmp_path, "harmonies", HARMONIES), read_toy(tmp_path)
    labels = {
        name: read_annotations(file, tmp_path / "toy.measures.tsv", notes) for name in ("a", "b")
    }
    columns = columns_of([(notes, found) for found in labels.values()])
    shard = Shard(write_shard(tmp_path, "shard", list(labels), columns))
    again = {name: read_labels_of(Row(shard, i)) for i, name in enumerate(shard.piece_ids)}
    for name, kinds in labels.items():
        for kind, found in kinds.items():
            np.testing.assert_equal(again[name][kind].labels, found.labels)
            assert again[name][kind].counts == found.counts
