"""Heads: each kind of task gets predictions of the right shape, a loss that falls, and its laws."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.data import Batch

from losses_by_hand import labels_end_to_end, loss_by_hand
from made_scores import table_of
from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError
from musebench.evaluation import Evaluator, PieceTarget, choose_thresholds, predict_events
from musebench.graph import build_task_graph, candidate_pairs
from musebench.loader import MuseNeighborLoader
from musebench.models import ScoreModel, read_config
from musebench.models.heads.classes import GraphHeads, OnsetHeads
from musebench.models.heads.links import LinkHeads, Pairs, _pair_features, assign
from musebench.models.heads.spelling import spell_along_fifths
from musebench.pitch import MIN_TPC, SPELLING_CLASS_TO_PITCH_CLASS, SPELLING_CLASSES
from musebench.tasks import (
    CADENCE,
    COMPOSER,
    PERFORMANCE,
    PITCH_SPELLING,
    ROMAN_NUMERAL,
    STAFF_SEPARATION,
    VOICE_SEPARATION,
)
from musebench.train import result
from musebench.train.loop import predict, validate

TASKS = [
    CADENCE,
    COMPOSER,
    PERFORMANCE,
    PITCH_SPELLING,
    ROMAN_NUMERAL,
    STAFF_SEPARATION,
    VOICE_SEPARATION,
]
CONFIG = read_config("note-gnn", "lieder-melody", hidden=16, num_layers=2, dropout=0.0)


def labels_of(task, notes, random):
    """Made-up labels of a score; a few are missing."""
    sizes = {"note": len(notes), "onset": len(set(notes.onset_div.tolist())), "graph": 1}
    size, labels = sizes[task.unit], {}
    for head, classes in task.heads.items():
        if task.kind == "link":
            pairs = candidate_pairs(notes).numpy()
            following = np.full(size, -1)
            for u, v in pairs.T[::-1]:  # the nearest one remains
                following[u] = v
            labels[head] = following
        elif task.kind == "regression":
            labels[head] = random.normal(3, 2, size).astype(np.float32)
            labels[head][random.random(size) < 0.2] = np.nan
        elif head == "spelling":
            labels[head] = (7 * notes.pitch) % 12 - MIN_TPC  # one that sounds as the note
        else:
            # In the middle of the classes, so that there is room to transpose.
            middle = (len(classes) - 1) // 2
            labels[head] = random.integers(middle, middle + 2, size)
            if size > 1:
                labels[head][random.random(size) < 0.2] = IGNORE_LABEL
    return labels


def labels_to_be_seen(task, notes, random):
    """Labels that follow from the notes: whether a pitch, or the lowest of an onset, is odd."""
    labels = labels_of(task, notes, random)
    _, lowest = np.unique(notes.onset_div, return_index=True)
    odd = {"note": notes.pitch % 2, "onset": notes.pitch[lowest] % 2, "graph": random.integers(2)}
    for name, values in labels.items():
        if task.kind == "link" or name == "spelling":
            continue  # these do already
        labels[name] = np.where(values == IGNORE_LABEL, values, odd[task.unit] + 0 * values).astype(
            values.dtype
        )
    return labels


def graph_of(task, seed, num_notes=60, labels_of=labels_of, *, melody=False):
    random = np.random.default_rng(seed)
    onset = np.sort(random.integers(0, num_notes, num_notes))
    duration = random.integers(1, 4, num_notes)
    if melody:
        onset, duration = np.arange(num_notes), np.ones(num_notes)
    notes = table_of(onset, duration)
    return build_task_graph(notes, task, labels_of(task, notes, random), piece_id=str(seed))


def one_batch(graphs):
    """All of three graphs."""
    loader = MuseNeighborLoader(graphs, [-1, -1], 100, 3, coverage="exact", metrical=False)
    (batch,) = loader
    return batch


def model_of(task, graph):
    torch.manual_seed(0)
    return ScoreModel("note-gnn", task, graph.num_node_features, CONFIG)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_task_is_predicted_in_its_unit(task):
    graph = graph_of(task, 1)
    predicted = model_of(task, graph).eval().predict(graph)
    sizes = {"note": 60, "onset": int(graph["note"].onset_index[-1]) + 1, "graph": 1}
    score = predicted.pop(f"{task.main_head}_score", None)
    assert list(predicted) == list(task.heads)
    assert (score is not None) == task.has_events
    if task.has_events:
        np.testing.assert_allclose(score.sum(axis=1), 1, atol=1e-5)
        assert score.shape == (sizes[task.unit], len(task.heads[task.main_head]))
    for head, values in predicted.items():
        assert values.shape == (sizes[task.unit],)
        if task.kind == "regression":
            assert np.isfinite(values).all()
        elif task.kind == "link":
            linked = values[values >= 0]
            assert len(set(linked.tolist())) == len(linked)
            assert (linked > np.flatnonzero(values >= 0)).all()
        else:
            assert 0 <= values.min() <= values.max() < len(task.heads[head])


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_task_learns_its_labels_by_heart(task):
    melody = task.kind == "link"  # of chords, the made-up labels are not one to one
    graphs = [graph_of(task, seed, 60, labels_to_be_seen, melody=melody) for seed in range(3)]
    model = model_of(task, graphs[0])
    loader = MuseNeighborLoader(graphs, [-1, -1], 40, 3, metrical=False, num_batches=60)
    optimizer = torch.optim.AdamW(model.parameters(), 0.02)
    for batch in loader:
        loss = model.loss(model(batch), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for head in task.heads:
        right = []
        for graph in graphs:
            store = graph["note"] if task.unit == "note" else graph
            label = store[task.label_field(head)].numpy()
            known = (label != IGNORE_LABEL) & ~np.isnan(label)
            found = model.eval().predict(graph)[head]
            right.extend(np.abs(found - label)[known] < 0.5)
        assert np.mean(right) > 0.9, head


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_scores_of_a_batch_are_predicted_as_alone(task):
    graphs = [graph_of(task, seed) for seed in range(3)]
    model = model_of(task, graphs[0]).eval()
    batch = one_batch(graphs)
    alone = [model(graphs[i]) for i in batch.input_id.tolist()]
    together = model(batch)
    if task.kind == "link":
        of_alone = torch.cat([pairs.logit for pairs in alone])
        torch.testing.assert_close(together.logit, of_alone, atol=1e-5, rtol=1e-5)
        return
    for head, values in together.items():
        torch.testing.assert_close(
            values, torch.cat([of_score[head] for of_score in alone]), atol=1e-5, rtol=1e-5
        )


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
@pytest.mark.parametrize("as_batch", [one_batch, Batch.from_data_list])
def test_the_loss_of_a_batch_is_the_one_that_is_described(task, as_batch):
    graphs = [graph_of(task, seed) for seed in range(3)]
    model = model_of(task, graphs[0]).eval()
    batch = as_batch(graphs)
    graphs = [graphs[int(piece)] for piece in batch.piece_id]
    model.heads.fit(labels_end_to_end(task, graphs), balance=0.5)
    expected = loss_by_hand(task, [model(graph) for graph in graphs], graphs)
    assert model.loss(model(batch), batch).item() == pytest.approx(expected, rel=1e-4)


def test_roman_numerals_are_decoded_as_chords_of_training_in_their_key():
    """V of C major and of A minor were seen; in E flat major and F minor they are found again."""
    heads = model_of(ROMAN_NUMERAL, graph_of(ROMAN_NUMERAL, 0)).heads
    classes = ROMAN_NUMERAL.heads

    def chord(key, root):
        same = {"degree": "V", "applied_degree": "none", "quality": "M", "inversion": "0"}
        named = {"local_key": key, "root": root} | same
        return {head: classes[head].index(name) for head, name in named.items()}

    seen = [chord("C major", "G"), chord("A minor", "E")]
    heads.fit({head: torch.tensor([c[head] for c in seen]) for head in classes}, balance=0.0)
    wanted = [chord("Eb major", "Bb")] * 3 + [chord("F minor", "C")] * 3
    graph = graph_of(ROMAN_NUMERAL, 0, num_notes=6)
    logits = {head: torch.zeros(6, len(classes[head])) for head in classes}
    for onset, found in enumerate(wanted):
        for head, label in found.items():
            logits[head][onset, label] = 9.0
    logits["root"][:] = 0  # the chord tells it
    logits["change"] = torch.zeros(6, 1)
    predicted = heads.predict(logits, graph)
    for head in classes:
        assert predicted[head].tolist() == [found[head] for found in wanted]


def test_no_key_is_predicted_in_whose_mode_training_has_no_chord():
    heads = model_of(ROMAN_NUMERAL, graph_of(ROMAN_NUMERAL, 0)).heads
    classes = ROMAN_NUMERAL.heads
    heads.fit({head: torch.zeros(1, dtype=torch.long) for head in classes}, balance=0.0)
    (mode,) = {place.mode for place in ROMAN_NUMERAL.places["local_key"][:1]}
    logits = {head: torch.randn(6, len(names)) for head, names in classes.items()}
    logits["change"] = torch.zeros(6, 1)
    predicted = heads.predict(logits, graph_of(ROMAN_NUMERAL, 0, num_notes=6))
    places = ROMAN_NUMERAL.places["local_key"]
    assert {places[key].mode for key in predicted["local_key"]} == {mode}


def test_a_key_that_is_hardly_likelier_for_one_onset_is_not_taken():
    heads = model_of(ROMAN_NUMERAL, graph_of(ROMAN_NUMERAL, 0)).heads
    classes = ROMAN_NUMERAL.heads
    heads.fit({head: torch.zeros(1, dtype=torch.long) for head in classes}, balance=0.0)
    places = ROMAN_NUMERAL.places["local_key"]
    first, other = [i for i, place in enumerate(places) if place.mode == places[0].mode][:2]
    logits = {head: torch.zeros(6, len(names)) for head, names in classes.items()}
    logits["local_key"][:, first] = 3.0
    logits["local_key"][3, other] = 3.5
    logits["change"] = torch.zeros(6, 1)
    predicted = heads.predict(logits, graph_of(ROMAN_NUMERAL, 0, num_notes=6))
    assert predicted["local_key"].tolist() == [first] * 6


@pytest.mark.parametrize(("change", "changes"), [(-9.0, False), (9.0, True)])
def test_a_chord_changes_only_where_a_change_is_likely(change, changes):
    heads = model_of(ROMAN_NUMERAL, graph_of(ROMAN_NUMERAL, 0)).heads
    classes = ROMAN_NUMERAL.heads
    inversions = torch.tensor([0, 1])
    known = {head: torch.zeros(2, dtype=torch.long) for head in classes}
    heads.fit(known | {"inversion": inversions}, balance=0.0)
    logits = {head: torch.zeros(6, len(names)) for head, names in classes.items()}
    logits["inversion"][:, 0] = 2.0
    logits["inversion"][3, 1] = 4.0
    logits["change"] = torch.full((6, 1), change)
    predicted = heads.predict(logits, graph_of(ROMAN_NUMERAL, 0, num_notes=6))
    assert predicted["inversion"].tolist() == [0, 0, 0, int(changes), 0, 0]


def test_events_are_decided_by_thresholds_that_the_model_keeps():
    graph = graph_of(CADENCE, 0)
    model = model_of(CADENCE, graph)
    score = np.array([[0.6, 0.1, 0.2, 0.1, 0.0], [0.2, 0.5, 0.1, 0.1, 0.1], [0.8, 0, 0.1, 0.1, 0]])
    logits = {"cadence": torch.tensor(np.log(score + 1e-9))}
    found = model.heads.predict(logits, graph)
    np.testing.assert_allclose(found["cadence_score"], score, atol=1e-5)
    assert found["cadence"].tolist() == [0, 1, 0]  # before any are chosen, more likely than not
    model.set_thresholds(np.array([0.2, 0.15, 0.5, 0.01]))
    again = model_of(CADENCE, graph)
    again.load_state_dict(model.state_dict())
    assert again.heads.predict(logits, graph)["cadence"].tolist() == [2, 4, 0]


@pytest.mark.parametrize("task", [CADENCE, ROMAN_NUMERAL], ids=lambda task: task.name)
def test_a_batch_has_the_labels_of_its_targets_onsets(task):
    graphs = [graph_of(task, seed) for seed in range(4)]
    for batch in MuseNeighborLoader(graphs, [2], 20, 3, num_batches=10):
        groups = batch["note"].onset_index[: batch["note"].batch_size]
        assert int(groups[-1]) + 1 == len(batch.onset_y) == len(batch.onset_batch)
        for note in range(batch["note"].batch_size):
            graph = graphs[batch.input_id[batch["note"].batch[note]]]
            onset = graph["note"].onset_index[batch["note"].n_id[note]]
            for head in task.heads:
                field = task.label_field(head)
                assert batch[field][groups[note]] == graph[field][onset]
        assert (batch.onset_batch.diff() >= 0).all()


def test_a_batch_has_the_labels_of_its_scores():
    graphs = [graph_of(COMPOSER, seed) for seed in range(4)]
    for batch in MuseNeighborLoader(graphs, [2], 20, 3, num_batches=5):
        assert batch.y.tolist() == [int(graphs[i].y) for i in batch.input_id]
        assert batch.divs_pq.tolist() == [2, 2, 2]


def test_rare_classes_weigh_more_and_the_mean_weight_is_one():
    graph = graph_of(CADENCE, 0)
    heads = model_of(CADENCE, graph).heads
    labels = torch.tensor([0] * 96 + [1] * 4 + [IGNORE_LABEL] * 50)
    heads.fit({"cadence": labels}, balance=0.5)
    weight = heads.weight_cadence
    assert weight[1] / weight[0] == pytest.approx(24**0.5)
    assert (96 * weight[0] + 4 * weight[1]) / 100 == pytest.approx(1)
    heads.fit({"cadence": labels}, balance=0.0)
    assert heads.weight_cadence[:2].tolist() == [1, 1]


def test_numbers_are_learned_in_deviations_and_given_in_their_units():
    graph = graph_of(PERFORMANCE, 0)
    heads = model_of(PERFORMANCE, graph).heads
    wanted = {head: torch.tensor([1.0, 3.0, float("nan")]) for head in PERFORMANCE.heads}
    heads.fit(wanted, balance=0.0)
    assert heads.mean.tolist() == [2] * 4
    assert heads.deviation.tolist() == pytest.approx([2**0.5] * 4)
    found = heads.predict(dict.fromkeys(PERFORMANCE.heads, torch.tensor([0.0, 1, -2])), graph)
    assert found["timing"].tolist() == pytest.approx([2, 2 + 2**0.5, 2 - 2 * 2**0.5])


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_batch_without_labels_has_no_loss(task):
    graph = graph_of(task, 0)
    store = graph["note"] if task.unit == "note" else graph
    for head in task.heads:
        label = store[task.label_field(head)]
        store[task.label_field(head)] = torch.full_like(label, task.hidden_label)
    model = model_of(task, graph)
    assert model.loss(model(graph), graph).item() == 0


def test_the_pairs_of_a_batch_are_the_candidates_inside_its_windows():
    graphs = [graph_of(VOICE_SEPARATION, seed) for seed in range(3)]
    expected = [set(map(tuple, graph.candidate_index.T.tolist())) for graph in graphs]
    for batch in MuseNeighborLoader(graphs, [2], 30, 3, num_batches=5):
        note = batch["note"]
        source, target = batch.candidate_index
        assert torch.equal(note.batch[source], note.batch[target])
        for i, score in enumerate(batch.input_id.tolist()):
            ours = note.batch[source] == i
            found = set(
                zip(note.n_id[source[ours]].tolist(), note.n_id[target[ours]].tolist(), strict=True)
            )
            inside = set(note.n_id[batch.target_ptr[i] : batch.target_ptr[i + 1]].tolist())
            # A window ends earlier than its piece, so fewer groups follow; none is added.
            assert found == {(u, v) for u, v in expected[score] if u in inside and v in inside}


def test_a_pair_is_seen_by_interval_and_gap():
    """In octaves, their size, log2 of 1 + the gap in quarters, and whether there is none."""
    graph = build_task_graph(table_of([0, 2, 8], [2, 1, 1]), VOICE_SEPARATION)  # 2 divs a quarter
    graph["note"].pitch = torch.tensor([60, 66, 57])
    first, second = torch.tensor([0, 0]), torch.tensor([1, 2])
    expected = [[0.5, 0.5, 0, 1], [-0.25, 0.25, 2, 0]]
    assert _pair_features(graph, first, second).tolist() == expected
    batch = Batch.from_data_list([graph, graph])
    batch.divs_pq = torch.tensor([2, 6])  # of the second, the gap is one quarter
    found = _pair_features(batch, first + 3, second + 3)
    assert found[:, 2].tolist() == [0, 1]


def test_a_link_is_weighed_against_none_of_its_first_note():
    heads = LinkHeads(4, VOICE_SEPARATION)
    logit, none = torch.tensor([1.0]), torch.tensor([2.0, 0.0, 5.0])
    for source, target, expected in ((0, 1, [-1, -1, -1]), (1, 2, [-1, 2, -1])):
        pairs = Pairs(torch.tensor([source]), torch.tensor([target]), logit, none)
        assert heads.predict(pairs, None)["next_note"].tolist() == expected


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.data())
def test_links_are_the_best_of_all_assignments(num_notes, data):
    pairs = [(u, v) for u in range(num_notes) for v in range(u + 1, num_notes)]
    chosen = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    gain = [data.draw(st.integers(1, 9)) for _ in chosen]

    def best(remaining, sources, targets):
        if not remaining:
            return 0
        (u, v), value = remaining[0]
        without = best(remaining[1:], sources, targets)
        if u in sources or v in targets:
            return without
        return max(without, value + best(remaining[1:], sources | {u}, targets | {v}))

    source, target = np.array(chosen, dtype=np.int64).reshape(-1, 2).T
    following = assign(source, target, np.array(gain, dtype=np.float32), num_notes)
    by_pair = dict(zip(chosen, gain, strict=True))
    total = sum(by_pair[u, int(v)] for u, v in enumerate(following) if v >= 0)
    assert total == best(list(by_pair.items()), frozenset(), frozenset())


def test_links_need_candidates():
    graph = graph_of(VOICE_SEPARATION, 0)
    model = model_of(VOICE_SEPARATION, graph)
    del graph.candidate_index
    with pytest.raises(InputError, match=r"has no candidate_index.*build it with build_task_graph"):
        model(graph)


def test_onsets_are_pooled_by_mean_maximum_and_lowest_note():
    graph = build_task_graph(table_of([0, 0, 0, 1, 2, 2], [1] * 6), CADENCE)
    assert graph["note"].pitch.tolist() == sorted(graph["note"].pitch.tolist())
    heads = OnsetHeads(1, CADENCE)
    with torch.no_grad():
        heads.join.bias.zero_()
        for part, expected in enumerate(([3, 1, 5], [4, 1, 6], [2, 1, 6])):
            heads.join.weight.zero_()[0, part] = 1
            h = torch.tensor([2.0, 3.0, 4.0, 1.0, 6.0, 4.0])[:, None]
            assert heads.pool(h, graph).squeeze(1).tolist() == expected


def test_scores_are_pooled_by_mean_attention_and_histograms():
    graphs = [graph_of(COMPOSER, seed, num_notes=4) for seed in (1, 2)]
    heads, h = GraphHeads(1, COMPOSER), torch.arange(8.0)[:, None]
    batch = Batch.from_data_list(graphs)
    of_x = [f(graph["note"].x) for f in (mean_of, spread_of) for graph in graphs]
    attended = [torch.softmax(part, 0) @ part for part in h.squeeze(1).split(4)]
    columns = [[1.5, 5.5], attended]
    columns += [[of_x[0][k], of_x[1][k]] for k in (0, 12)] + [
        [of_x[2][k], of_x[3][k]] for k in (0, 12)
    ]
    width = graphs[0]["note"].x.shape[1]
    with torch.no_grad():
        heads.attention.weight.fill_(1)
        heads.join.bias.fill_(2)  # a relu follows
        for place, expected in zip((0, 1, 2, 14, 2 + width, 14 + width), columns, strict=True):
            heads.join.weight.zero_()[0, place] = 1
            pooled = heads.pool(h, batch).squeeze(1) - 2
            torch.testing.assert_close(pooled, torch.tensor(expected), atol=1e-5, rtol=0)


def test_a_long_score_is_read_in_equal_segments(monkeypatch):
    monkeypatch.setattr("musebench.models.heads.classes.SEGMENT", 3)
    graphs = [graph_of(COMPOSER, seed, num_notes=n) for seed, n in ((1, 7), (2, 3))]
    heads, h = GraphHeads(1, COMPOSER), torch.arange(10.0)[:, None]
    with torch.no_grad():
        heads.attention.weight.fill_(100)  # the last note of a segment
        heads.join.bias.zero_()
        heads.join.weight.zero_()[0, 1] = 1
        pooled = heads.pool(h, Batch.from_data_list(graphs)).squeeze(1)
    torch.testing.assert_close(pooled, torch.tensor([(2 + 4 + 6) / 3, 9.0]))


def mean_of(x):
    return x.mean(dim=0)


def spread_of(x):
    return x.std(dim=0, correction=0)


def test_a_window_without_notes_has_no_loss_of_its_score():
    """A long chord among single notes: a window may begin in it and end before the next note."""
    table = table_of([0, *[1] * 30, *range(2, 40)], [1] * 69)
    graphs = [build_task_graph(table, COMPOSER, {"composer": np.array([k])}) for k in (1, 2)]
    model = model_of(COMPOSER, graphs[0])
    loader = MuseNeighborLoader(graphs, [2], 32, 4, metrical=False, num_batches=40)
    batches = [batch for batch in loader if (batch.target_ptr.diff() == 0).any()]
    assert batches
    for batch in batches:
        has_notes = batch.target_ptr.diff() > 0
        assert torch.equal(batch.y == IGNORE_LABEL, ~has_notes)
        (logits,) = model(batch).values()
        assert len(logits) == len(batch.y)
        if has_notes.any():
            expected = torch.nn.functional.cross_entropy(logits[has_notes], batch.y[has_notes])
            torch.testing.assert_close(model.loss({"composer": logits}, batch), expected)


def spelled_by(log_probability, pitches):
    """Names of single notes, one after the other."""
    midi_pitch = np.array(pitches)
    found = spell_along_fifths(log_probability, np.arange(len(pitches)), midi_pitch)
    assert (np.array(SPELLING_CLASS_TO_PITCH_CLASS)[found] == midi_pitch % 12).all()
    return [SPELLING_CLASSES[i] for i in found]


def test_a_section_is_spelled_as_its_surroundings_even_if_the_model_is_not_sure():
    c_sharp_minor = [61, 63, 64, 66, 68, 69, 72, 73]
    sharps = ["C#", "D#", "E", "F#", "G#", "A", "B#", "C#"]
    doubts = ["Db", "Eb", "Fb", "Gb", "Ab", "Bbb", "C", "Db"]
    log_probability = np.full((40, 35), -20.0)
    for note in range(40):
        sure, other = sharps[note % 8], doubts[note % 8]
        log_probability[note, SPELLING_CLASSES.index(sure)] = np.log(0.95)
        log_probability[note, SPELLING_CLASSES.index(other)] = np.log(0.05)
        if 16 <= note < 24:  # here the model prefers flats
            log_probability[note, SPELLING_CLASSES.index(other)] = np.log(0.6)
            log_probability[note, SPELLING_CLASSES.index(sure)] = np.log(0.4)
    assert spelled_by(log_probability, c_sharp_minor * 5) == sharps * 5
    assert spelled_by(log_probability[16:24], c_sharp_minor) == doubts


def test_surroundings_overrule_a_model_that_is_sure_of_one_note():
    """What it thinks impossible costs no more than its surroundings can."""
    names = ["C#", "D#", "E", "F#", "G#", "A", "B#", "C#"] * 3
    log_probability = np.full((24, 35), -1000.0)
    for note, name in enumerate(names):
        log_probability[note, SPELLING_CLASSES.index(name)] = 0
    at = 10  # an E, which the model takes for an F flat
    log_probability[at] = -1000
    log_probability[at, SPELLING_CLASSES.index("Fb")] = np.log(0.9)
    assert spelled_by(log_probability, [61, 63, 64, 66, 68, 69, 72, 73] * 3) == names


def test_every_pitch_can_be_spelled():
    every = list(range(128))
    assert len(spelled_by(np.log(np.full((128, 35), 1 / 35)), every)) == 128
    assert len(spell_along_fifths(np.zeros((0, 35)), *np.zeros((2, 0), dtype=np.int64))) == 0


class Pieces(list):
    """Graphs as a dataset has them."""

    board = SimpleNamespace(task=CADENCE)


def labelled(graphs):
    """What an evaluator knows of graphs."""
    targets = []
    for graph in graphs:
        labels = graph.onset_y.numpy()
        columns = {"beat_time": np.arange(len(labels)), "beat_length": np.ones(len(labels), int)}
        targets.append(
            PieceTarget(graph.piece_id, graph.piece_id, "", {"cadence": labels}, columns)
        )
    return Evaluator.from_targets(CADENCE, targets)


def test_each_validation_chooses_thresholds_and_keeps_them_in_the_model():
    valid = Pieces(graph_of(CADENCE, seed) for seed in range(3))
    evaluator, model = labelled(valid), model_of(CADENCE, valid[0])
    run = SimpleNamespace(evaluator=lambda split, **_: evaluator)
    values = validate(run, model, valid)
    predictions = predict(model, valid)  # again, with the thresholds of the model
    expected = evaluator.choose_thresholds({"y_pred": predictions})
    np.testing.assert_allclose(model.heads.thresholds.numpy(), expected)
    assert values == {"macro_f1": evaluator.eval({"y_pred": predictions})["macro_f1"]}
    assert values["macro_f1"] > 0


def test_a_rule_with_scores_has_its_thresholds_chosen_on_validation(monkeypatch):
    random = np.random.default_rng(0)
    splits = {}
    for number, split in enumerate(("valid", "test")):
        splits[split] = Pieces([graph_of(CADENCE, number)])
    predicted = {}
    for graphs in splits.values():
        size = len(graphs[0].onset_y)
        columns = {"cadence": np.zeros(size, int), "cadence_score": random.random((size, 5))}
        predicted[graphs[0].piece_id] = columns
    monkeypatch.setattr(
        result,
        "predict_by_rule",
        lambda rule, dataset: {graph.piece_id: predicted[graph.piece_id] for graph in dataset},
    )
    run = SimpleNamespace(
        load_dataset=splits.get, evaluator=lambda split, **_: labelled(splits[split])
    )
    for tunes in (False, True):  # one that tunes itself has decided
        rule = SimpleNamespace(needs_validation=tunes)
        found = result._decide(run, rule, splits["test"])["1"]["cadence"]
        scores, target = predicted["0"]["cadence_score"], splits["valid"][0].onset_y.numpy()
        expected = predict_events(
            predicted["1"]["cadence_score"], choose_thresholds(scores, target)
        )
        assert found.tolist() == (np.zeros_like(expected) if tunes else expected).tolist()
        assert expected.any()
