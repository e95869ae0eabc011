"""Transposing instruments are read as they sound."""

import pytest

from musebench import read_score
from musebench.errors import ScoreError

NOTE = "<note><pitch><step>{}</step><alter>{}</alter><octave>{}</octave></pitch>" + (
    "<duration>1</duration></note>"
)


def score(transpose, notes, fifths=0, later=""):
    """A part with a transposition, and one that sounds as it is written."""
    attributes = (
        "<attributes><divisions>1</divisions><key><fifths>{}</fifths></key>"
        "<time><beats>4</beats><beat-type>4</beat-type></time>{}</attributes>"
    )
    written = "".join(NOTE.format(*note) for note in notes)
    first = f'<measure number="1">{attributes.format(fifths, transpose)}{written}</measure>{later}'
    others = NOTE.format("C", 0, 4) * len(notes)
    second = f'<measure number="1">{attributes.format(0, "")}{others}</measure>'
    return (
        '<score-partwise><part-list><score-part id="A"/><score-part id="B"/></part-list>'
        f'<part id="A">{first}</part><part id="B">{second}</part></score-partwise>'
    )


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "score.musicxml"
        path.write_text(text)
        notes = read_score(path)
        of_part = notes.part == 0
        columns = (notes.step, notes.alter, notes.octave, notes.pitch, notes.key_fifths)
        return [tuple(column[of_part].tolist()) for column in columns]

    return read


@pytest.mark.parametrize(
    ("transpose", "note", "fifths", "sounding"),
    [
        ("<diatonic>-1</diatonic><chromatic>-2</chromatic>", ("D", 0, 5), 2, ("C", 0, 5, 72, 0)),
        ("<chromatic>-2</chromatic>", ("F", 1, 4), 2, ("E", 0, 4, 64, 0)),
        ("<diatonic>5</diatonic><chromatic>9</chromatic>", ("C", 0, 4), -2, ("A", 0, 4, 69, 1)),
        (
            "<diatonic>0</diatonic><chromatic>0</chromatic><octave-change>-1</octave-change>",
            ("B", -1, 2),
            -2,
            ("B", -1, 1, 34, -2),
        ),
        (
            "<diatonic>-1</diatonic><chromatic>-2.0</chromatic>",
            ("C", 0, 4),
            0,
            ("B", -1, 3, 58, -2),
        ),
        # An E flat instrument in six flats would sound in nine: they are three sharps.
        ("<diatonic>2</diatonic><chromatic>3</chromatic>", ("C", 1, 4), -6, ("E", 0, 4, 64, 3)),
        ("<diatonic>1</diatonic><chromatic>1</chromatic>", ("C", -2, 4), 0, ("C", -1, 4, 59, -5)),
    ],
)
def test_a_transposing_part_is_read_as_it_sounds(read, transpose, note, fifths, sounding):
    transpose = f"<transpose>{transpose}</transpose>"
    assert read(score(transpose, [note], fifths)) == [(value,) for value in sounding]


def test_a_transposition_holds_until_the_next(read):
    change = (
        '<measure number="2"><attributes><transpose><diatonic>0</diatonic>'
        f"<chromatic>0</chromatic></transpose></attributes>{NOTE.format('D', 0, 5)}</measure>"
    )
    clarinet = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    _, _, _, pitches, _ = read(score(clarinet, [("D", 0, 5)] * 4, 2, change))
    assert pitches == (72, 72, 72, 72, 74)


@pytest.mark.parametrize("chromatic", ["", "x", "1000000000000", "-121"])
def test_a_transposition_that_is_none_is_refused(read, chromatic):
    with pytest.raises(ScoreError, match=r"a transposition.*cannot be read"):
        read(score(f"<transpose><chromatic>{chromatic}</chromatic></transpose>", [("C", 0, 4)]))


def test_a_key_beyond_all_music_is_refused(read):
    transpose = "<transpose><chromatic>-2</chromatic></transpose>"
    with pytest.raises(ScoreError, match=r"the key has fifths = .10+., and -14 to 14 is read"):
        read(score(transpose, [("C", 0, 4)], 10**12))
