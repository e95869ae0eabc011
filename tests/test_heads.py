"""Heads of learned models: units, losses, batches, onsets, pieces and thresholds."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from losses_by_hand import labels_end_to_end, loss_by_hand
from made_heads import graph_of, labels_of, model_of
from made_scores import table_of
from musebench.annotations import IGNORE_LABEL
from musebench.evaluation import Evaluator, PieceTarget, choose_thresholds, predict_events
from musebench.graph import build_task_graph
from musebench.loader import MuseNeighborLoader
from musebench.models.heads.classes import GraphHeads, OnsetHeads
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


def one_batch(graphs):
    """All of three graphs."""
    loader = MuseNeighborLoader(graphs, [-1, -1], 100, 3, coverage="exact", metrical=False)
    (batch,) = loader
    return batch


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


def test_a_root_settles_a_key_that_is_nearly_as_likely():
    """Of two keys of one mode, each with its chord of training, the root tells which it is."""
    heads = model_of(ROMAN_NUMERAL, graph_of(ROMAN_NUMERAL, 0)).heads
    classes = ROMAN_NUMERAL.heads
    seen = dict.fromkeys(classes, 0) | {"local_key": classes["local_key"].index("C major")}
    seen["root"] = classes["root"].index("C")
    heads.fit({head: torch.tensor([label]) for head, label in seen.items()}, balance=0.0)
    logits = {head: torch.zeros(6, len(names)) for head, names in classes.items()}
    logits["local_key"][:, classes["local_key"].index("C major")] = 3.1
    logits["local_key"][:, classes["local_key"].index("F major")] = 3.0
    logits["root"][:, classes["root"].index("F")] = 9.0
    logits["change"] = torch.zeros(6, 1)
    predicted = heads.predict(logits, graph_of(ROMAN_NUMERAL, 0, num_notes=6))
    assert {classes["local_key"][key] for key in predicted["local_key"]} == {"F major"}


def test_keys_and_roots_above_the_bass_move_with_the_score():
    """A transposition moves the logits of ``above`` to the class that is as much higher."""
    graph = graph_of(ROMAN_NUMERAL, 0, num_notes=6)
    heads = model_of(ROMAN_NUMERAL, graph).heads
    for layer in heads.linear.values():
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    h = torch.randn(6, heads.join.out_features)
    before = heads(h, graph)
    graph["note"].pitch = graph["note"].pitch + 2
    after = heads(h, graph)
    for head, low, high in (("local_key", "C minor", "D minor"), ("root", "Eb", "F")):
        names = ROMAN_NUMERAL.heads[head]
        was, now = before[head][:, names.index(low)], after[head][:, names.index(high)]
        assert was.std() > 0
        assert torch.equal(was, now)


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
