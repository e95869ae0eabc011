"""Voice separation on toy scores: labels, twins, metric by hand, candidate pairs, rules."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from made_scores import table_of
from musebench import Evaluator, candidate_pairs
from musebench.annotations import (
    CANDIDATE_GROUPS,
    IGNORE_LABEL,
    are_candidates,
    count_voice_links,
    next_note_labels,
    twin_groups,
)
from musebench.boards import BOARDS
from musebench.errors import PredictionError
from musebench.evaluation import PieceTarget, link_counts
from musebench.features import note_features
from musebench.graph import build_graph
from musebench.models import rules_of
from musebench.score import DOUBLING_PART, PartTable, read_dcml
from musebench.splits import SPLITS, read_pieces, split_of_pieces
from musebench.store import load_notes
from musebench.tasks import VOICE_SEPARATION

RULES = {n: rule for n, rule in rules_of("voice-separation").items() if not rule.needs_training}
NO = IGNORE_LABEL
QUARTER, MEASURE = 2, 8  # divisions of table_of


def score_of(*notes, names=("", "", "", "")):
    """A note table of (onset, duration, pitch, part)."""
    notes = sorted(notes, key=lambda note: (note[0], note[2], note[1], note[3]))
    onset, duration, pitch, part = np.array(notes, dtype=np.int64).T
    parts = PartTable(np.array(names))
    return replace(table_of(onset, duration), pitch=pitch, part=part, parts=parts)


def labels_of(notes):
    return next_note_labels(notes)["next_note"].tolist()


UPPER = [(0, 2, 72, 0), (2, 2, 74, 0), (4, 4, 76, 0)]
LOWER = [(0, 4, 60, 1), (4, 2, 59, 1), (6, 2, 60, 1)]
DUET = score_of(*UPPER, *LOWER)  # 60 72 | 74 | 59 76 | 60


def unison(upper=1, lower=0):
    """Both parts meet on one note, then part again: 60 72 | 66 66 | 60 72."""
    return score_of(
        *[(0, 2, 60, lower), (2, 2, 66, lower), (4, 2, 60, lower)],
        *[(0, 2, 72, upper), (2, 2, 66, upper), (4, 2, 72, upper)],
    )


# Labels


def test_a_note_leads_to_the_next_of_its_part():
    assert labels_of(DUET) == [3, 2, 4, 5, -1, -1]


def test_a_chain_passes_over_double_stops_and_grace_notes():
    notes = score_of(
        (0, 2, 60, 0), (2, 2, 60, 0), (2, 2, 64, 0), (4, 0, 67, 0), (4, 2, 65, 0), (6, 2, 62, 0),
        (2, 1, 50, 1),
    )  # fmt: skip
    # 60 | 50 (other part) 60 64 together | 65 with the grace note 67 | 62
    assert notes.pitch.tolist() == [60, 50, 60, 64, 65, 67, 62]
    assert labels_of(notes) == [4, -1, NO, NO, 6, NO, -1]
    counts = count_voice_links(notes)
    assert counts["notes with a label"] == (4, 7)
    assert counts["notes in double stops"] == (2, 7)
    assert counts["notes of duration 0"] == (1, 7)
    assert counts["true links"] == (2, 7)
    assert counts["links over double stops"] == (1, 2)
    assert counts["links that are candidates"] == (2, 2)


def test_two_lines_on_one_staff_are_one_chain_in_order_of_onset():
    notes = score_of((0, 4, 60, 0), (2, 4, 64, 0), (6, 2, 62, 0))
    assert labels_of(notes) == [1, 2, -1]
    counts = count_voice_links(notes)
    assert counts["links to a note that starts before the first ends"] == (1, 2)
    assert counts["links that are candidates"] == (1, 2)


def test_what_is_left_of_a_doubling_part_has_no_label():
    notes = score_of((0, 2, 60, 0), (2, 2, 62, 0), (0, 4, 48, 1), names=("", DOUBLING_PART))
    assert labels_of(notes) == [NO, 2, -1]
    assert count_voice_links(notes)["notes of a doubling part"] == (1, 3)


def test_the_reader_names_a_doubling_part(tmp_path):
    head = "mc\tmc_onset\tduration\ttpc\tmidi\tstaff\tvoice\tgracenote\ttied\n"
    rows = [f"1\t{onset}\t1/2\t0\t{pitch}\t{staff}\t1\t\t\n" for onset, pitch, staff in (
        ("0", 60, 1), ("0", 48, 2), ("0", 48, 3), ("1/2", 60, 3))]  # fmt: skip
    (tmp_path / "notes.tsv").write_text(head + "".join(rows))
    (tmp_path / "measures.tsv").write_text("mc\tmn\tact_dur\ttimesig\tkeysig\n1\t1\t1\t4/4\t0\n")
    files = (tmp_path / "notes.tsv", tmp_path / "measures.tsv")
    notes = read_dcml(*files, staff_is_part=True, doubling_staff=3)
    assert notes.parts.name.tolist() == ["", "", DOUBLING_PART]
    assert labels_of(notes) == [-1, -1, NO]
    assert set(read_dcml(*files, staff_is_part=True).parts.name.tolist()) == {""}


def test_twins_share_onset_pitch_and_duration():
    notes = score_of((0, 2, 60, 0), (0, 2, 60, 1), (0, 4, 60, 2), (2, 2, 60, 0))
    assert twin_groups(notes).tolist() == [0, 0, 1, 2]
    assert twin_groups(notes).dtype == np.int64


# The metric


def test_the_metric_by_hand():
    target = [3, 2, 4, 5, -1, -1]
    prediction = [2, -1, 4, 5, -1, -1]  # one link wrong, one missing
    assert link_counts(target, prediction) == (2, 3, 4)
    columns = {"next_note": np.array(target)}, {"twin": np.arange(6)}
    evaluator = Evaluator.from_targets(VOICE_SEPARATION, [PieceTarget("a", "a", "Anon", *columns)])
    for said, values in [
        (prediction, (2 / 3, 2 / 4, 4 / 7)),
        (target, (1, 1, 1)),
        ([-1] * 6, (None, 0, 0)),
    ]:
        found = evaluator.eval({"y_pred": {"a": said}})
        names = ("link_precision", "link_recall", "link_f1")
        assert tuple(found[name] for name in names) == values


def test_links_at_notes_without_a_label_do_not_count():
    target = [3, NO, NO, -1]
    assert link_counts(target, [1, 2, 3, -1]) == (0, 0, 1)
    assert link_counts(target, [3, 2, -1, -1]) == (1, 1, 1)


def test_a_last_note_that_goes_on_is_wrong():
    assert link_counts([-1, -1], [1, -1]) == (0, 1, 0)


def test_twins_are_exchangeable():
    notes = unison()
    target, twin = labels_of(notes), twin_groups(notes)
    assert target == [2, 3, 4, 5, -1, -1]
    for prediction in ([3, 2, 4, 5, -1, -1], [2, 3, 5, 4, -1, -1], target):
        assert link_counts(target, prediction, twin) == (4, 4, 4)
    assert link_counts(target, [3, 2, 4, 5, -1, -1]) == (2, 4, 4)


def test_a_true_link_is_used_once():
    # Two notes end in a unison with one true way on from it: 60 60 | 64 67, of which 67 is new.
    target, twin = [2, -1, -1, -1], [0, 0, 1, 2]
    assert link_counts(target, [2, 3, -1, -1], twin) == (1, 2, 1)
    assert link_counts(target, [3, 2, -1, -1], twin) == (1, 2, 1)
    assert link_counts([2, 3, -1, -1], [2, 3, -1, -1], [0, 0, 1, 1]) == (2, 2, 2)
    assert link_counts([2, 3, -1, -1], [2, -1, -1, -1], [0, 0, 1, 1]) == (1, 1, 2)


def test_a_link_counts_if_a_twin_of_each_note_has_a_label():
    target, twin = [2, NO, -1], [0, 0, 1]
    assert link_counts(target, [-1, 2, -1], twin) == (1, 1, 1)
    assert link_counts(target, [-1, 2, -1]) == (0, 0, 1)


def test_arrays_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match=r"target has shape \(2,\), prediction \(3,\), twin \(2,"):
        link_counts([1, -1], [1, -1, -1])


links = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 2)), min_size=2, max_size=8
)


@given(links, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_whatever_twins_trade_places_the_counts_stay(chosen, random):
    """Rename the notes by a permutation within twin groups, in labels or in predictions."""
    twin = np.array([group for group, _, _ in chosen])
    order = np.arange(len(chosen))
    target, prediction = (random_links(len(chosen), random) for _ in range(2))
    renamed = order.copy()
    for group in np.unique(twin):
        members = order[twin == group].tolist()
        renamed[members] = random.sample(members, len(members))
    moved = np.full(len(order), -1)
    moved[renamed] = np.where(prediction >= 0, renamed[prediction], -1)
    expected = link_counts(target, prediction, twin)
    assert link_counts(target, moved, twin) == expected
    moved[renamed] = np.where(target >= 0, renamed[target], target)
    assert link_counts(moved, prediction, twin) == expected


def random_links(size, random):
    """One in, one out; in any direction, since only the evaluator asks for time's arrow."""
    ends = random.sample(range(size), size)
    return np.array([end if random.random() < 0.6 else -1 for end in ends])


def test_the_evaluator_pools_links():
    def piece(name, target, twin=None):
        columns = {"twin": np.arange(len(target)) if twin is None else np.array(twin)}
        return PieceTarget(name, name, "Anon", {"next_note": np.array(target)}, columns)

    first, second = piece("a", [2, 3, -1, -1], [0, 0, 1, 1]), piece("b", [1, 2, NO, -1][:3])
    evaluator = Evaluator.from_targets(VOICE_SEPARATION, [second, first])
    found = evaluator.eval(
        {"y_pred": {"a": np.array([3, 2, -1, -1]), "b": {"next_note": np.array([-1, 2, -1])}}}
    )
    # In b the link to note 2 ends in a note without a label: it is true, but not counted.
    assert (found["link_precision"], found["link_recall"]) == (1, 2 / 4)
    assert found["link_f1"] == 2 * 2 / (2 + 4)
    assert found["by_piece"]["a"] == {
        "link_f1": 1, "num_notes": 4, "right_links": 2, "predicted_links": 2, "true_links": 2,
    }  # fmt: skip
    assert found["num_notes"] == 6
    with pytest.raises(PredictionError, match="note 2 is the next note of"):
        evaluator.eval({"y_pred": {"a": np.array([2, 2, -1, -1]), "b": np.array([-1, -1, -1])}})


# Inputs


def test_inputs_do_not_see_voice_staff_part_or_spelling():
    notes, size = unison(), 6
    scrambled = replace(
        notes, part=notes.part[::-1].copy(), staff=np.arange(size), voice=9 - np.arange(size),
        step=np.full(size, "B"), alter=np.full(size, -2), key_fifths=np.full(size, 7),
        parts=PartTable(np.array(["Viola", "Organ", "", ""])),
    )  # fmt: skip
    inputs = VOICE_SEPARATION.inputs
    assert not {"voice", "staff", "part"} & set(inputs)
    for other in (scrambled, unison(0, 1), unison(0, 0)):  # parts also decide the order of twins
        assert note_features(notes, inputs).tobytes() == note_features(other, inputs).tobytes()
        one, two = (build_graph(table, inputs) for table in (notes, other))
        for store, same in zip(one.stores, two.stores, strict=True):
            for name, column in store.items():
                assert torch.equal(torch.as_tensor(column), torch.as_tensor(same[name])), name
        assert torch.equal(candidate_pairs(notes), candidate_pairs(other))


# Candidate pairs


def slow_candidates(notes, max_groups, max_measures):
    """One line a sentence of the definition."""
    onset, index = notes.onset_div.tolist(), range(len(notes))
    end = (notes.onset_div + notes.duration_div).tolist()
    found = []
    for u in index:
        window = max_measures * 4 * notes.divs_pq * notes.beats[u] // notes.beat_type[u]
        later = sorted({time for time in onset if time > onset[u] and time >= end[u]})
        for v in index:
            starts_later = onset[v] in later
            is_near = onset[v] in later[:max_groups]
            is_soon = onset[v] <= end[u] + window
            if starts_later and (is_near or is_soon):
                found.append((u, v))
    return found


tables = (
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), min_size=1, max_size=24)
    .map(sorted)
    .map(lambda notes: table_of(*zip(*notes, strict=True), measure=3))
)


@given(tables, st.integers(0, 4), st.integers(0, 2))
@settings(max_examples=300, deadline=None)
def test_candidates_are_those_of_the_definition(notes, max_groups, max_measures):
    found = candidate_pairs(notes, max_groups=max_groups, max_measures=max_measures)
    assert found.shape[0] == 2
    assert found.dtype == torch.int64
    expected = slow_candidates(notes, max_groups, max_measures)
    assert list(zip(*found.tolist(), strict=True)) == expected
    source, target = np.divmod(np.arange(len(notes) ** 2), len(notes))
    holds = are_candidates(notes, source, target, max_groups, max_measures)
    assert list(zip(source[holds].tolist(), target[holds].tolist(), strict=True)) == expected


def test_candidates_by_hand():
    pairs = candidate_pairs(DUET, max_groups=1, max_measures=0)
    assert pairs.T.tolist() == [[0, 3], [0, 4], [1, 2], [2, 3], [2, 4], [3, 5]]
    assert candidate_pairs(DUET).shape == (2, 11)


def test_a_window_is_groups_or_measures_whichever_is_wider():
    far = [(2 * QUARTER * k, QUARTER, 60, 0) for k in (0, 1, *range(20, 40))]
    reached = candidate_pairs(score_of(*far))[1, candidate_pairs(score_of(*far))[0] == 0]
    assert reached.tolist() == list(range(1, 1 + CANDIDATE_GROUPS))
    fast = score_of(*[(k, 1, 60, 0) for k in range(40)])
    reached = candidate_pairs(fast)[1, candidate_pairs(fast)[0] == 0]
    assert reached.tolist() == list(range(1, 2 + 2 * MEASURE))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_groups": -1}, "max_groups is -1; it must be at least 0"),
        ({"max_measures": -1}, "note 0 has a negative window"),
        ({"max_pairs": 10}, "more than max_pairs = 10 candidate pairs"),
    ],
)
def test_wrong_windows_are_refused(limits, message):
    with pytest.raises(ValueError, match=message):
        candidate_pairs(DUET, **limits)


# Rules


@pytest.mark.parametrize("name", RULES)
def test_a_rule_follows_two_plain_voices(name):
    assert RULES[name](DUET)["next_note"].tolist() == labels_of(DUET)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_gives_links_that_the_evaluator_takes(name):
    random = np.random.default_rng(0)
    notes = score_of(
        *[(random.integers(0, 30), random.integers(0, 7), 60 + random.integers(12), k % 3)
          for k in range(60)]
    )  # fmt: skip
    following = RULES[name](notes)["next_note"]
    context = VOICE_SEPARATION.read_context(notes)
    target = PieceTarget("a", "a", "Anon", next_note_labels(notes), context)
    assert following.dtype == np.int64
    Evaluator.from_targets(VOICE_SEPARATION, [target]).eval({"y_pred": {"a": following}})
    assert (following[notes.duration_div == 0] == -1).all()


@pytest.mark.parametrize("name", RULES)
def test_a_rule_does_not_see_parts(name):
    notes = unison()
    scrambled = replace(notes, part=0 * notes.part, voice=notes.voice + 1, staff=notes.staff + 1)
    before, after = (RULES[name](table)["next_note"].tolist() for table in (notes, scrambled))
    assert before == after


@pytest.mark.parametrize("name", RULES)
def test_a_rule_bears_scores_of_next_to_nothing(name):
    assert RULES[name](score_of((0, 2, 60, 0)))["next_note"].tolist() == [-1]
    assert RULES[name](score_of((0, 0, 60, 0)))["next_note"].tolist() == [-1]


def test_nearest_pitch_prefers_what_has_just_ended_and_lines_that_do_not_cross():
    nearest = RULES["nearest-pitch"]
    waiting = score_of((0, 2, 60, 0), (0, 4, 72, 1), (4, 2, 61, 1), (6, 2, 60, 0))
    assert nearest(waiting)["next_note"].tolist() == [-1, 2, 3, -1]
    upwards = score_of((0, 2, 60, 0), (0, 2, 62, 1), (2, 2, 64, 0), (2, 2, 66, 1))
    assert nearest(upwards)["next_note"].tolist() == [2, 3, -1, -1]
    late = score_of((0, 2, 60, 0), (2 + 2 * MEASURE, 2, 60, 0))
    assert nearest(late)["next_note"].tolist() == [1, -1]
    later = score_of((0, 2, 60, 0), (3 + 2 * MEASURE, 2, 60, 0))
    assert nearest(later)["next_note"].tolist() == [-1, -1]


# The boards

# board -> split -> true links, of them candidates
LINKS = {
    "chorale-voice-separation": {
        "train": (55041, 55041),
        "valid": (9621, 9621),
        "test": (15701, 15701),
    },
    "dcml-voice-separation": {
        "train": (310372, 309143),
        "valid": (37815, 37744),
        "test": (85464, 85167),
    },
}


@pytest.mark.corpus
@pytest.mark.parametrize("name", LINKS)
def test_the_core_finds_as_many_true_links_as_the_card_says(name, chorale_home, request):
    if name.startswith("dcml"):
        request.getfixturevalue("dcml_mirror")
    tables = load_notes(BOARDS[name].corpus, chorale_home).tables
    found = {split: np.zeros(2, dtype=np.int64) for split in SPLITS}
    for piece, split in zip(read_pieces(name)["piece_id"], split_of_pieces(name), strict=True):
        source, target = candidate_pairs(tables[piece]).numpy()
        following = next_note_labels(tables[piece])["next_note"]
        found[split] += (following >= 0).sum(), (following[source] == target).sum()
    assert {split: tuple(counts.tolist()) for split, counts in found.items()} == LINKS[name]
    for split in SPLITS:
        of_card = [count_voice_links(tables[piece]) for piece in pieces_of(name, split)]
        held = sum(counts["links that are candidates"][0] for counts in of_card)
        assert held == LINKS[name][split][1]


def pieces_of(name, split):
    return read_pieces(name)["piece_id"][split_of_pieces(name) == split]


@pytest.mark.corpus
@pytest.mark.parametrize("name", LINKS)
def test_the_labels_themselves_are_perfect_predictions(name, chorale_home, request):
    if name.startswith("dcml"):
        request.getfixturevalue("dcml_mirror")
    tables = load_notes(BOARDS[name].corpus, chorale_home).tables
    labels = {piece: labels_of(tables[piece]) for piece in pieces_of(name, "test")}
    y_pred = {piece: np.maximum(following, -1) for piece, following in labels.items()}
    result = Evaluator(name, root=chorale_home, num_resamples=10).eval({"y_pred": y_pred})
    assert result["link_f1"] == result["link_precision"] == result["link_recall"] == 1
