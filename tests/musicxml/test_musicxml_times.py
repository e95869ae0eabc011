"""Meters, measures, times and ties of MusicXML."""

import warnings

import pytest

from musebench.errors import ScoreError, ScoreWarning
from musicxml_text import PLAIN, START, attributes, meter, move, note, rows, score, voice


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


def test_a_part_may_have_no_measures(read):
    assert rows(read(score([START + note("C4", 8)], []))) == [(0, 4, "C4")]


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
