"""Performances: match files, their parameters, labels, metrics and rules, on own bars."""

import re

import numpy as np
import pytest

from musebench.annotations import performance_labels
from musebench.boards import find_board
from musebench.corpora import ASAP_PERFORMANCE
from musebench.errors import ScoreError
from musebench.evaluation import Evaluator, PieceTarget
from musebench.graph import build_graph
from musebench.models import rules_of
from musebench.models.rules.performance_rules import NUM_CONTEXTS, contexts
from musebench.score import read_performances
from musebench.score.match import PARAMETERS

BOARD = find_board("asap-performance")
RULES = rules_of(BOARD.task.name)
HEADER = (
    "info(matchFileVersion,1.0.0).",
    "info(midiClockUnits,480).",
    "info(midiClockRate,500000).",
    "scoreprop(keySignature,C,0:3,0,-1.0000).",
    "scoreprop(timeSignature,3/4,0:3,0,-1.0000).",
    "scoreprop(timeSignature,2/4,3:1,0,6.0000).",
)
# A pick-up in 3/4, a measure without a note, a change to 2/4; a grace, a triplet, a note left out.
NOTES = (
    ("n1-1", "G,n", 4, "0:3", "0", "1/4", -1.0, 0.0, "v1,staff1", (67, 480, 900, 50)),
    ("n2-1", "C,n", 3, "1:1", "0", "3/4", 0.0, 3.0, "v5,staff2", (48, 970, 2300, 40)),
    ("n3-1", "F,#", 4, "1:1", "0", "0", 0.0, 0.0, "v1,staff1,grace", (66, 940, 960, 45)),
    ("n4-1", "G,n", 4, "1:1", "0", "1/12", 0.0, 0.3333, "v1,staff1", (67, 960, 1110, 60)),
    ("n5-1", "B,b", 4, "1:1", "1/12", "1/12", 0.3333, 0.6667, "v1,staff1", None),
    (
        "n6-1",
        "C,n",
        5,
        "1:1",
        "1/6",
        "1/12",
        0.6667,
        1.0,
        "v1,staff1,staccato",
        (72, 1300, 1390, 70),
    ),
    ("n7-1", "C,n", 5, "1:2", "0", "1/2", 1.0, 3.0, "v1,staff1", (72, 1500, 2200, 80)),
    ("n8-1", "E,n", 4, "3:1", "0", "1/2", 6.0, 8.0, "v1,staff1", (64, 4000, 5000, 90)),
    ("n9-1", "C,n", 4, "3:2", "0", "1/4", 7.0, 8.0, "v1,staff2", (60, 4600, 5000, 30)),
)
INSERTED = ("insertion-note(x1,61,1505,1600,20,0,0).", "sustain(2250,100).", "sustain(2700,0).")


def lines(change=lambda played: played, version=1):
    found = list(HEADER)
    for index, (name, letter, octave, place, offset, length, on, off, marks, played) in enumerate(
        NOTES
    ):
        times = f"{place},{offset},{length},{on:.4f},{off:.4f}"
        score = f"snote({name},[{letter}],{octave},{times},[{marks}])"
        if played is None:
            found.append(f"{score}-deletion.")
            continue
        pitch, start, end, velocity = change(played)
        later = (
            f"{start},{end},{velocity},0,0" if version == 1 else f"{start},{end},{end},{velocity}"
        )
        sound = pitch if version == 1 else f"[{letter}],{octave}"
        found.append(f"{score}-note(p{index},{sound},{later}).")
    if version == 1:
        return [*found, *INSERTED]
    meters = ("meta(timeSignature,3/4,0,-1.0).", "meta(timeSignature,2/4,3,6.0).")
    found = ["info(matchFileVersion,5.0).", *found[1:3], *meters, *found[6:]]
    return [*found, "insertion-note(x1,[C,#],4,1505,1600,1600,20).", *INSERTED[1:]]


@pytest.fixture
def write(tmp_path):
    def write_lines(text, name="toy.match"):
        file = tmp_path / name
        file.write_text("\n".join(text) + "\n", "utf-8")
        return file

    return write_lines


def test_a_match_file_becomes_a_note_table(write):
    notes, _ = read_performances([write(lines())])
    assert notes.note_id.tolist() == [f"n{i}-1" for i in (1, 2, 3, 4, 5, 6, 7, 8, 9)]
    assert notes.onset_quarter.tolist() == [0, 1, 1, 1, 4 / 3, 5 / 3, 2, 7, 8]
    assert notes.duration_quarter.tolist() == [1, 3, 0, 1 / 3, 1 / 3, 1 / 3, 2, 2, 1]
    assert notes.pitch.tolist() == [67, 48, 66, 67, 70, 72, 72, 64, 60]
    assert notes.is_grace.tolist() == [i == 2 for i in range(9)]
    assert notes.staff.tolist() == [1, 2, 1, 1, 1, 1, 1, 1, 2]
    assert notes.voice.tolist() == [1, 5, 1, 1, 1, 1, 1, 1, 1]
    assert notes.beats.tolist() == [3] * 7 + [2] * 2
    # The measure without a note is filled in.
    assert (notes.measures.start_div / notes.divs_pq).tolist() == [0, 1, 4, 7]
    assert notes.beat_position.tolist()[:3] == [2, 0, 0]
    assert notes.beat_position.tolist()[-1] == 1


def test_it_is_what_partitura_makes_of_it(write):
    import partitura
    from partitura.musicanalysis import encode_performance

    file = write(lines())
    performance, alignment, score = partitura.load_match(file, create_score=True)
    expected, ids = encode_performance(score, performance, alignment)
    notes, (found,) = read_performances([file])
    rows = [notes.note_id.tolist().index(name) for name in ids]
    assert len(rows) == 8
    for name in PARAMETERS:
        np.testing.assert_allclose(found[name][rows], expected[name], atol=1e-3)
        assert np.isnan(found[name]).sum() == 1  # the note left out


def test_both_versions_of_the_format_give_the_same(write):
    (one, (first,)), (other, (second,)) = (
        read_performances([write(lines(version=version), f"{version}.match")]) for version in (1, 5)
    )
    for name, column in one.columns().items():
        assert column.tolist() == other.columns()[name].tolist()
    for name in PARAMETERS:
        np.testing.assert_array_equal(first[name], second[name])


def test_a_pedal_prolongs_a_note(write):
    _, (held,) = read_performances([write(lines())])
    _, (dry,) = read_performances([write(lines()[:-2])])
    longer = held["articulation_log"] > dry["articulation_log"] + 1e-6
    # Notes that end while the pedal is down: C3 alone.
    assert np.flatnonzero(longer).tolist() == [1]


def test_no_performance_reaches_the_inputs(write):
    """Times, velocities, pedals and insertions scrambled: the inputs stay bit-identical."""

    def scramble(played):
        pitch, start, end, velocity = played
        return pitch, 2 * start + 7 * velocity, 3 * end + 900, 127 - velocity

    text = [line for line in lines(scramble) if not line.startswith(("sustain", "insertion"))]
    (one, (first,)), (other, (second,)) = (
        read_performances([write(found, name)])
        for found, name in ((lines(), "a.match"), (text, "b.match"))
    )
    assert not np.allclose(first["timing"], second["timing"], equal_nan=True)
    for name, column in one.columns().items():
        assert column.tobytes() == other.columns()[name].tobytes()
    graphs = [build_graph(found, BOARD.task.inputs).to_dict() for found in (one, other)]
    for part in ("note", "beat", "measure"):
        assert graphs[0][part]["x"].numpy().tobytes() == graphs[1][part]["x"].numpy().tobytes()


def test_labels_are_means_over_performances(write):
    def louder(played):
        return (*played[:3], played[3] + 20)

    files = [write(lines(), "a.match"), write(lines(louder), "b.match")]
    notes, both = read_performances(files)
    assert len(both) == 2
    both[1]["velocity"][0] = np.nan  # as if the second left it out
    found = performance_labels(both, notes.onset_index)
    means, each = found["performance"], found["performances"]
    for labels in (means.labels, each.labels):
        assert list(labels) == list(BOARD.task.heads)
        assert all(column.dtype == np.float32 for column in labels.values())
    for head in BOARD.task.heads:
        one, other = each.labels[head].reshape(2, len(notes))
        expected = [np.nanmean(pair) if len(pair) else np.nan for pair in known(one, other)]
        np.testing.assert_allclose(means.labels[head], expected, rtol=1e-6)
    assert means.counts == {"annotated": 9, "unaligned": 1, "overruled": 0, "unread": 0}


def known(one, other):
    return [np.array([x for x in pair if not np.isnan(x)]) for pair in zip(one, other, strict=True)]


def test_labels_are_relative_to_the_performance(write):
    notes, (played,) = read_performances([write(lines())])
    played["timing"][:3] = [0.3, -0.2, 0.01]
    played["beat_period"][7] = 0.01  # the only note of its onset: too fast to be true
    labels = performance_labels([played], notes.onset_index)["performance"].labels
    # One value per onset group has mean 0; onset 1 has three notes and counts once. Groups 2 and 5
    # have none: a note left out, one without tempo.
    tempo = np.log2(played["beat_period"][[0, 1, 5, 6, 8]])
    assert notes.onset_index.tolist() == [0, 1, 1, 1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(
        labels["beat_period_log2"][[0, 1, 5, 6, 8]], tempo - tempo.mean(), atol=1e-6
    )
    assert np.isnan(labels["beat_period_log2"][[4, 7]]).all()
    assert np.isnan(labels["articulation_log"][7])
    np.testing.assert_allclose(labels["timing"][:3], [0.125, -0.125, 0.01], rtol=1e-6)
    velocity = played["velocity"]
    np.testing.assert_allclose(
        labels["velocity"], velocity - np.nanmean(velocity), atol=1e-6, equal_nan=True
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[G,n],4,0:3", "[H,n],4,0:3", "line 7 cannot be read: 'snote"),
        ("timeSignature", "meter", "it has no time signature, or does not say how long a tick is"),
        ("midiClockRate", "clock", "it has no time signature, or does not say how long a tick is"),
        ("note(p0,67", "note(p0,none", "1 of its 9 played notes cannot be read"),
        ("3/4", "0/4", "time signature 0/4; both numbers may be"),
        ("snote(", "nosuch(", "it has no notes of a score"),
    ],
)
def test_a_broken_match_file_is_refused(old, new, message, write):
    file = write([line.replace(old, new) for line in lines()])
    with pytest.raises(ScoreError, match=f"{re.escape(str(file))}.*{re.escape(message)}"):
        read_performances([file])


def test_performances_of_different_scores_are_refused(write, tmp_path):
    first = write(lines(), "a.match")
    other = write([line.replace("[C,n],3", "[D,n],3") for line in lines()], "b.match")
    with pytest.raises(ScoreError, match=r"b\.match: its score is not that of .*a\.match"):
        read_performances([first, other])
    unplayed = [re.sub(r"-note\(.*", "-deletion.", line) for line in lines()]
    unplayed = [line for line in unplayed if not line.startswith("insertion")]
    with pytest.raises(ScoreError, match="fewer than two onsets of its score are played"):
        read_performances([write(unplayed, "c.match")])
    with pytest.raises(ScoreError, match="there is no such file"):
        read_performances([tmp_path / "none.match"])
    with pytest.raises(ScoreError, match="there is no match file to read; give at least one"):
        read_performances([])


HEADS = list(BOARD.task.heads)


def piece_of(name, work, labels, opinions=(), onset=None):
    size = len(labels)
    context = {"onset_index": np.arange(size) if onset is None else np.array(onset)}
    return PieceTarget(
        name,
        work,
        "Anon",
        dict.fromkeys(HEADS, np.array(labels, float)),
        context,
        opinions=[dict.fromkeys(HEADS, np.array(opinion, float)) for opinion in opinions],
    )


def evaluate(pieces, predictions):
    y_pred = {name: dict.fromkeys(HEADS, np.array(of)) for name, of in predictions.items()}
    return Evaluator.from_targets(BOARD.task, pieces).eval({"y_pred": y_pred})


def r(one, other):
    return np.corrcoef(one, other)[0, 1]


def test_a_correlation_is_within_pieces_and_a_mean_over_works():
    pieces = [
        piece_of("a", "u", [0.0, 1.0, np.nan, 2.0]),
        piece_of("b", "u", [3.0, 5.0, 4.0]),
        piece_of("c", "v", [1.0, 2.0, 4.0]),
    ]
    found = evaluate(pieces, {"a": [0.0, 2.0, 9.0, 1.0], "b": [103.0, 104.0, 99.0], "c": [3, 2, 1]})
    of_pieces = r([0, 1, 2], [0, 2, 1]), r([3, 5, 4], [103, 104, 99]), r([1, 2, 4], [3, 2, 1])
    assert found["pearson_r"] == pytest.approx((np.mean(of_pieces[:2]) + of_pieces[2]) / 2)
    assert found["pearson_r_piece_mean"] == pytest.approx(np.mean(of_pieces))
    assert found["pearson_r_velocity"] == pytest.approx(found["pearson_r"])
    assert found["by_piece"]["b"]["pearson_r"] == pytest.approx(of_pieces[1])
    of_errors = (0 + 1 + 1) / 3, (100**2 + 99**2 + 95**2) / 3, (4 + 0 + 9) / 3
    assert found["mse_timing"] == pytest.approx((np.mean(of_errors[:2]) + of_errors[2]) / 2)
    assert found["num_notes"] == 9


def test_a_prediction_is_compared_with_each_performance():
    opinions = [0.0, 1.0, 2.0, np.nan], [2.0, 0.0, 1.0, 5.0]
    piece = piece_of("a", "u", [1.0, 0.5, 1.5, 5.0], opinions)
    found = evaluate([piece], {"a": [0.0, 1.0, 3.0, 2.0]})
    expected = [r([0, 1, 2], [0, 1, 3]), r([2, 0, 1, 5], [0, 1, 3, 2])]
    assert found["pearson_r"] == pytest.approx(np.mean(expected))
    assert found["mse_velocity"] == pytest.approx((1 / 3 + (4 + 1 + 4 + 9) / 4) / 2)


def test_the_tempo_is_judged_once_per_onset():
    """Three notes at one onset, of which one has no tempo, then one note each."""
    labels, predicted = [1.0, 1.0, np.nan, 2.0, 4.0], [0.0, 2.0, 7.0, 2.0, 3.0]
    found = evaluate([piece_of("a", "u", labels, onset=[0, 0, 0, 1, 2])], {"a": predicted})
    assert found["pearson_r_beat_period_log2"] == pytest.approx(r([1, 2, 4], [1, 2, 3]))
    assert found["pearson_r_timing"] == pytest.approx(r([1, 1, 2, 4], [0, 2, 2, 3]))
    assert found["mse_beat_period_log2"] == pytest.approx(1 / 3)
    assert found["pearson_r"] == pytest.approx(
        (found["pearson_r_beat_period_log2"] + 3 * found["pearson_r_timing"]) / 4
    )


def test_a_constant_has_no_correlation():
    rng = np.random.default_rng(0)
    pieces = [piece_of("a", "u", rng.normal(size=5000)), piece_of("b", "v", [0.3, 0.3, 0.3])]
    found = evaluate(pieces, {"a": np.full(5000, 0.1), "b": [1.0, 2.0, 3.0]})
    assert found["pearson_r"] == found["pearson_r_velocity"] == 0
    # The mean of equal numbers is not always that number: grouping them makes no correlation.
    onset = np.repeat(np.arange(1000), 5)
    grouped = piece_of("a", "u", rng.normal(size=5000), onset=onset)
    assert evaluate([grouped], {"a": np.full(5000, 0.1)})["pearson_r"] == 0
    alone = evaluate([piece_of("a", "u", [1.0, np.nan])], {"a": [1.0, 2.0]})
    assert alone["pearson_r"] is None


def test_rules_predict_means(write):
    notes, played = read_performances([write(lines())])
    labels = performance_labels(played, notes.onset_index)["performance"].labels
    for name in ("constant", "score-mean"):
        rule = RULES[name]
        predicted = rule.fit([notes], [labels])(notes)
        for head, values in predicted.items():
            # No context has 50 notes here: the mean of all.
            np.testing.assert_allclose(values, np.nanmean(labels[head]), atol=1e-5, err_msg=name)
            assert values.shape == (9,)
        with pytest.raises(ValueError, match=r"call fit\(tables, labels\) first"):
            rule(notes)


def test_a_context_of_many_notes_has_its_own_mean(write):
    notes, _ = read_performances([write(lines())])
    context = contexts(notes)
    assert context.shape == (9,)
    assert 0 <= context.min() <= context.max() < NUM_CONTEXTS
    assert context[5] != context[6]  # the same pitch, off the beat and on it
    labels = {head: np.arange(9.0) for head in BOARD.task.heads}
    predicted = RULES["score-mean"].fit([notes] * 50, [labels] * 50)(notes)
    np.testing.assert_allclose(predicted["velocity"], np.arange(9.0))


def test_the_corpus_is_one_or_two_performances_of_a_score():
    pieces = ASAP_PERFORMANCE.pieces
    assert len(pieces) == 177
    assert sum(len(piece.files) for piece in pieces) == len(ASAP_PERFORMANCE.registry) == 303
    assert {len(piece.files) for piece in pieces} == {1, 2}
    assert all(piece.score == piece.files[0] for piece in pieces)
