"""Views: what is on a page is what is in the graph, the labels and the predictions."""

import base64
import gzip
import json
import re
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import toy_board
from made_scores import random_table
from made_submissions import FILLED
from musebench import read_score, view
from musebench.annotations import twin_groups
from musebench.cli.app import app
from musebench.errors import ScoreError
from musebench.evaluation import write_predictions
from musebench.evaluation.voice_separation import link_counts
from musebench.graph import NOTE_EDGE_TYPES, RELATIONS, build_graph
from musebench.leaderboard.prepare import add_runs, init_submission
from musebench.score import engrave
from musebench.see import explain
from musebench.see.batch import sample_batch
from musebench.see.colors import BOWS
from musebench.see.columns import columns_of
from musebench.see.lanes import lanes_of
from musebench.see.links import pairs_of, written_lines, wrong_links
from musebench.see.picture import curve
from musebench.see.piece import own_piece, piece_of_board
from musebench.see.places import Places
from musebench.see.views import check_page, stage
from musebench.tasks import (
    CADENCE,
    COMPOSER,
    PERFORMANCE,
    PHRASE,
    PITCH_SPELLING,
    ROMAN_NUMERAL,
    VOICE_SEPARATION,
)

BOARD = toy_board.BOARD.name
DOCS = Path(__file__).parent.parent / "docs"


def packed(page):
    """What a page holds for its script."""
    (text,) = re.findall(r'id="data">([^<]*)<', page)
    return json.loads(gzip.decompress(base64.b64decode(text)))


def set_of(edge_index):
    return set(map(tuple, np.asarray(edge_index).T.tolist()))


@pytest.mark.parametrize("measures", [None, "2-5"])
def test_the_edges_of_a_page_are_those_of_the_graph(measures):
    notes = random_table()
    shown = np.isin(notes.measures.name[notes.measure_index], ["2", "3", "4", "5"])
    shown = shown if measures else np.ones(len(notes), dtype=bool)
    graph = build_graph(notes, PITCH_SPELLING.inputs)
    content = packed(view(notes, measures=measures).to_html())
    assert list(content["relations"]) == list(RELATIONS)
    for relation in RELATIONS:
        edges = graph["note", relation, "note"].edge_index.numpy()
        expected = edges[:, shown[edges].all(axis=0)]
        assert set_of(content["relations"][relation]) == set_of(expected)
        assert len(content["relations"][relation][0]) == expected.shape[1]


def test_edges_that_leave_the_picture_are_counted(toy):
    notes = read_score(toy / "piano.musicxml")
    first, last = notes.measures.name[[0, -1]].tolist()
    whole = view(notes, measures=f"{first}-{last}").scene
    part = view(notes, measures=first).scene
    for relation in RELATIONS:
        assert whole.num_leaving(relation) == 0
        inside, leaving = part.edges(relation).shape[1], part.num_leaving(relation)
        assert inside + leaving <= whole.edges(relation).shape[1]
    assert part.num_leaving("consecutive") + part.num_leaving("rest") > 0


def test_beats_and_measures_are_those_of_the_graph(toy):
    notes = read_score(toy / "piano.musicxml")
    content = packed(view(notes).to_html())
    graph = build_graph(notes, PITCH_SPELLING.inputs)
    for kind in ("beat", "measure"):
        assert all(None not in layout[kind] for layout in content["layouts"])
        for name, source in (("connects", "note"), ("next", kind)):
            expected = graph[source, name, kind].edge_index
            assert set_of(content[kind][name]) == set_of(expected)


def test_times_between_notes_lie_between_them():
    notes = random_table()
    places = Places(notes, engrave(notes))
    times = np.arange(int(notes.measures.end_div[-1]))
    found = places.of_times(times)
    assert None not in found
    assert [system for system, _ in found] == sorted(system for system, _ in found)
    for (a, x), (b, y) in pairwise(found):
        assert a < b or x <= y
    outside = Places(notes, engrave(notes, (1, 2))).of_times(np.array([0, 8, 24]))
    assert [place is None for place in outside] == [True, False, True]


def test_features_are_those_of_the_graph(toy):
    content = packed(view(toy / "duet.musicxml").to_html())
    graph = build_graph(read_score(toy / "duet.musicxml"), PITCH_SPELLING.inputs)
    assert np.allclose(content["features"]["values"], graph["note"].x, atol=1e-3)
    assert len(content["features"]["names"]) == graph["note"].x.shape[1]


def test_a_page_needs_nothing_else(toy):
    page = view(toy / "piano.musicxml").to_html()
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', page) == []
    assert "@import" not in page
    assert "url(" not in page.split("<script>")[0]


def test_a_notebook_shows_the_page_in_a_frame(toy):
    shown = view(toy / "duet.musicxml")
    frame = shown._repr_html_()
    assert frame.startswith("<iframe srcdoc=")
    assert "<script" not in frame


@pytest.mark.parametrize(
    ("measures", "expected"), [("1", (0, 0)), ("1-3", (0, 2)), ("3 - 4", (2, 3))]
)
def test_measures_are_named_as_printed(measures, expected):
    assert random_table().measures.find(measures) == expected


@pytest.mark.parametrize("measures", ["0", "3-1", "1-999", "a-b", "-"])
def test_measures_that_are_not_there_are_refused(measures):
    with pytest.raises(ValueError, match=r"the score has '1' to '\d+'; give two of its numbers"):
        random_table().measures.find(measures)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("chorale-voice-separation:bwv10", "has no piece 'bwv10'; similar: bwv10.7"),
        ("chorale-voice-separation:", "has no piece ''; there are bwv"),
        ("chorale-voice-seperation:bwv10.7", "did you mean 'chorale-voice-separation'"),
    ],
)
def test_what_is_not_there_is_named_with_what_is_near(source, fault):
    with pytest.raises(ValueError, match=fault):
        view(source)


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("page.pdf", r"\.pdf cannot be written; use HTML"),
        ("page", "a file without suffix cannot be written"),
        ("nowhere/page.html", "there is no folder nowhere"),
    ],
)
def test_files_that_are_not_written_are_refused(path, fault):
    with pytest.raises(ValueError, match=fault):
        check_page(path)


def test_without_resvg_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"resvg, which is not installed; pip install 'musebench"):
        check_page("page.png")


def test_what_a_model_should_predict_must_be_known(toy):
    with pytest.raises(ValueError, match=r"ps13s1 needs a task to predict; name one"):
        view(toy / "duet.musicxml", model="ps13s1")
    with pytest.raises(
        ValueError, match="chorale-phrase already has a task, phrase; leave out --task"
    ):
        view("chorale-phrase:bwv10.7", task="cadence")


def test_predictions_of_an_own_score_are_refused(toy):
    with pytest.raises(ValueError, match=r"is for a board, but duet\.musicxml is your own"):
        view(toy / "duet.musicxml", predictions="predictions.npz")


@pytest.mark.usefixtures("toys")
def test_labels_of_test_pieces_are_hidden(home):
    hidden = piece_of_board(toy_board.BOARD, "piano", home)
    assert not hidden.labels
    assert "--reveal-test-labels" in hidden.notice
    shown = piece_of_board(toy_board.BOARD, "piano", home, reveal_test_labels=True)
    assert "revealed" in shown.notice
    truth = toy_board.BOARD.task.read_labels(shown.notes)
    assert shown.labels["spelling"].tolist() == truth["spelling"].tolist()
    assert piece_of_board(toy_board.BOARD, "duet", home).labels


@pytest.mark.usefixtures("toys")
def test_the_graph_of_a_piece_is_that_of_the_dataset(home):
    dataset = toy_board.dataset_class()(home)
    graph = next(g for g in dataset if g.piece_id == "piano")
    shown = piece_of_board(toy_board.BOARD, "piano", home).graph
    for edge_type in NOTE_EDGE_TYPES:
        assert set_of(shown[edge_type].edge_index) == set_of(graph[edge_type].edge_index)
    assert np.array_equal(shown["note"].x, graph["note"].x)


@pytest.mark.usefixtures("toys")
def test_predictions_of_a_file_are_shown(home, tmp_path):
    dataset = toy_board.dataset_class()(home, "test", reveal_test_labels=True)
    y_pred = {g.piece_id: {"spelling": g["note"].y.numpy().copy()} for g in dataset}
    y_pred["piano"]["spelling"][1] = 3
    write_predictions(tmp_path / "p.npz", BOARD, "test", y_pred, root=home)
    shown = view(
        f"{BOARD}:piano", predictions=tmp_path / "p.npz", reveal_test_labels=True, root=home
    )
    columns = {(c.source, c.head): c for c in shown.scene.columns}
    assert set(columns) == {("label", "spelling"), ("label", "key_signature"), ("p", "spelling")}
    wrong = columns["p", "spelling"].wrong
    assert [row for row, is_wrong in enumerate(wrong) if is_wrong] == [1]
    with pytest.raises(ValueError, match="contains the test split of toy-board, which does not"):
        view(f"{BOARD}:duet", predictions=tmp_path / "p.npz", root=home)


@pytest.mark.usefixtures("toys")
def test_an_entry_is_explained(home, tmp_path):
    boards = tmp_path / "leaderboards"
    dataset = toy_board.dataset_class()(home, "test", reveal_test_labels=True)
    labels = dataset[0]["note"].y.numpy()
    for name, wrong in (("one", [0, 2]), ("two", [2])):
        spelling = labels.copy()
        spelling[wrong] = (spelling[wrong] + 1) % 35
        run = tmp_path / f"{name}.npz"
        write_predictions(run, BOARD, "test", {"piano": spelling}, seed=5, root=home)
        folder = boards / BOARD / name
        init_submission(folder, FILLED | {"method.name": name.title()})
        add_runs(folder, [run], root=home)
    shown = explain("one", "piano", against="two", leaderboards=boards, root=home)
    wrong = {c.source: np.flatnonzero(c.wrong).tolist() for c in shown.scene.columns if c.wrong}
    assert wrong == {"One": [0, 2], "Two": [2]}
    assert packed(shown.to_html())["explains"]
    with pytest.raises(ValueError, match="has no entry 'three'; there are one, two"):
        explain("three", "piano", leaderboards=boards, root=home)
    with pytest.raises(ValueError, match="'duet' is not a test piece of toy-board; similar: piano"):
        explain("one", "duet", leaderboards=boards, root=home)
    with pytest.raises(ValueError, match="one has no run with seed 7; it has 5"):
        explain("one", "piano", seed=7, leaderboards=boards, root=home)


def test_of_two_boards_one_must_be_named(tmp_path):
    for board in ("chorale-phrase", "chorale-pitch-spelling"):
        (tmp_path / board / "mlp").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"2 boards have mlp and bwv10\.7; choose one of chorale"):
        explain("mlp", "bwv10.7", leaderboards=tmp_path)


@pytest.mark.parametrize("seed", range(20))
def test_wrong_links_are_those_of_the_evaluator(seed):
    notes = random_table(60, seed)
    random = np.random.default_rng(seed)

    def links():
        following = np.full(len(notes), -1)
        free = set(range(len(notes)))
        for u in range(len(notes)):
            later = [v for v in range(u + 1, min(u + 9, len(notes))) if v in free]
            if later and random.random() < 0.8:
                following[u] = random.choice(later)
                free.discard(int(following[u]))
        return following

    label, predicted = links(), links()
    label[random.random(len(notes)) < 0.1] = -100
    right, counted, true = link_counts(label, predicted, twin_groups(notes))
    spurious, missed = wrong_links(notes, label, predicted)
    assert (counted - len(spurious), true - len(missed)) == (right, right)
    assert set(spurious) <= set(pairs_of(predicted))
    assert set(missed) <= set(pairs_of(label))


def test_written_lines_lead_forward_in_their_voice(toy):
    notes = read_score(toy / "piano.musicxml")
    for u, v in pairs_of(written_lines(notes)):
        assert notes.onset_div[u] < notes.onset_div[v]
        assert (notes.staff[u], notes.voice[u]) == (notes.staff[v], notes.voice[v])


def test_columns_bring_onsets_to_notes_and_say_what_is_wrong():
    notes = random_table(30)
    size = int(notes.onset_index[-1]) + 1
    labels = np.zeros(size, dtype=np.int64)
    labels[[1, 2]] = 1, -100
    found = columns_of(
        CADENCE, notes, {"cadence": labels}, {"rule": {"cadence": np.zeros(size, dtype=np.int64)}}
    )
    assert [c.source for c in found] == ["label", "rule"]
    for row, onset in enumerate(notes.onset_index.tolist()):
        assert found[0].values[row] == {1: 1, 2: None}.get(onset, 0)
        assert found[1].wrong[row] == {1: True, 2: None}.get(onset, False)


def test_a_prediction_is_as_sure_as_its_scores_say(toy):
    notes = read_score(toy / "duet.musicxml")
    onset, num_onsets = notes.onset_index, int(notes.onset_index[-1]) + 1
    said = {"phrase_end": np.arange(num_onsets) % 2}
    score = np.stack([3 + np.arange(num_onsets), np.ones(num_onsets)], axis=1)
    one, two = columns_of(PHRASE, notes, {}, {"one": said | {"phrase_end_score": score}, "2": said})
    share = score[np.arange(num_onsets), said["phrase_end"]] / score.sum(axis=1)
    np.testing.assert_allclose(one.confidence, share[onset], atol=1e-3)
    assert two.confidence == []


def test_roman_numerals_are_wrong_if_any_head_is():
    notes = random_table(30)
    size = int(notes.onset_index[-1]) + 1
    labels = {head: np.zeros(size, dtype=np.int64) for head in ROMAN_NUMERAL.heads}
    said = {head: column.copy() for head, column in labels.items()}
    said["inversion"][1] = 1
    labels["root"][2] = -100
    label, rule, *_ = columns_of(ROMAN_NUMERAL, notes, labels, {"rule": said})
    assert (label.head, label.source, rule.source) == ("roman_numeral", "label", "rule")
    for row, onset in enumerate(notes.onset_index.tolist()):
        assert rule.wrong[row] == {1: True, 2: None}.get(onset, False)
        assert (rule.values[row] == label.values[row]) == (onset != 1)
    assert columns_of(COMPOSER, notes, {"composer": np.array([1])}, {}) == []


def test_of_numbers_the_farthest_tenth_is_wrong():
    notes = random_table(100)
    label = np.zeros(100)
    label[0] = np.nan
    said = {"velocity": np.arange(100) / 100}
    (_, column) = columns_of(PERFORMANCE, notes, {"velocity": label}, {"rule": said})
    assert column.wrong[0] is None
    assert [row for row, wrong in enumerate(column.wrong) if wrong] == list(range(90, 100))


def test_links_are_coloured_by_their_line(toy):
    notes = read_score(toy / "duet.musicxml")
    following = np.full(len(notes), -1)
    following[0] = 2
    (column,) = columns_of(VOICE_SEPARATION, notes, {"next_note": following}, {})
    assert column.group[0] == column.group[2] != column.group[1]


def test_lanes_hold_cadences_phrases_and_chords():
    cadences, phrases = np.array([0, 1, 0, 2]), np.array([0, 0, 1, 0])
    said = np.array([0, 1, 3, 0])
    lanes = lanes_of(
        CADENCE,
        {"cadence": cadences},
        {"rule": {"cadence": said}},
        {"label": {"phrase_end": phrases}},
    )
    shown = {(lane.kind, lane.source): lane.signs for lane in lanes}
    assert [(s.onset, s.text) for s in shown["cadence", "label"]] == [(1, "PAC"), (3, "IAC")]
    rule = [(s.onset, s.text, s.is_wrong) for s in shown["cadence", "rule"]]
    assert rule == [(1, "PAC", False), (2, "HC", True), (3, "\N{EN DASH}", True)]
    assert [s.onset for s in shown["phrase_end", "label"]] == [2]
    numerals = {head: np.zeros(3, dtype=np.int64) for head in ROMAN_NUMERAL.heads}
    numerals["local_key"][:] = ROMAN_NUMERAL.heads["local_key"].index("C major")
    numerals["degree"][:] = [ROMAN_NUMERAL.heads["degree"].index(n) for n in ("I", "V", "V")]
    (lane,) = lanes_of(None, {}, {}, {"a model": numerals})
    assert lane.source == "a model"
    assert [(s.onset, s.text) for s in lane.signs] == [(0, "C: I"), (1, "V")]
    assert lanes_of(PHRASE, {}, {}, {}) == []


def test_a_batch_is_what_the_sampler_draws():
    notes = random_table()
    graph = build_graph(notes, PITCH_SPELLING.inputs, piece_id="made-up")
    shown = np.ones(len(notes), dtype=bool)
    batch = sample_batch(graph, shown, 24)
    counts = [int((batch.hop == hop).sum()) for hop in (0, 1, 2)]
    assert 0 < counts[0] <= 24
    assert min(counts) > 0
    for source, relation, target in NOTE_EDGE_TYPES:
        drawn = set_of(batch.edges[relation])
        assert drawn <= set_of(graph[source, relation, target].edge_index)
        assert all(batch.hop[u] >= 0 and batch.hop[v] >= 0 for u, v in drawn)
    # A note of hop h + 1 is there because an edge leads from it to one of hop h.
    edges = np.concatenate([batch.edges[r] for _, r, _ in NOTE_EDGE_TYPES], axis=1)
    for note in np.flatnonzero(batch.hop > 0).tolist():
        nearest = batch.hop[edges[1, edges[0] == note]]
        assert batch.hop[note] - 1 in nearest
    part = np.isin(notes.measure_index, [3, 4, 5])
    assert part[sample_batch(graph, part, 8).hop == 0].all()
    assert sample_batch(graph, np.zeros(len(notes), dtype=bool), 8) is None


def test_a_picture_has_a_curve_for_each_edge(toy, tmp_path):
    shown = view(toy / "piano.musicxml")
    shown.save(tmp_path / "picture.svg")
    text = (tmp_path / "picture.svg").read_text("utf-8")
    heads, first = shown.scene.engraving.heads, shown.scene.places.head_of
    assert len(shown.scene.engraving.systems) == 1
    for relation in RELATIONS:
        for u, v in shown.scene.edges(relation).T.tolist():
            if relation != "onset" or u < v:
                ends = [(heads.x[first[n]], heads.y[first[n]]) for n in (u, v)]
                assert curve(*ends, BOWS[relation]) in text
    assert list(tmp_path.iterdir()) == [tmp_path / "picture.svg"]


def test_a_picture_in_pixels(toy, tmp_path):
    pytest.importorskip("resvg_py")
    view(toy / "piano.musicxml").save(tmp_path / "picture.png")
    content = (tmp_path / "picture.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[16:20], "big") >= 1100
    assert len(content) > 10_000  # an empty one is smaller


def test_a_picture_of_too_many_systems_is_refused(monkeypatch, toy, tmp_path):
    monkeypatch.setattr(sys.modules["musebench.see.picture"], "MAX_SYSTEMS", 0)
    with pytest.raises(ValueError, match="it has 1 systems, and a picture can have 0"):
        view(toy / "piano.musicxml").save(tmp_path / "picture.svg")


def test_what_cannot_be_engraved_is_a_piano_roll(monkeypatch, toy):
    monkeypatch.setattr(sys.modules["musebench.score.engrave"], "MAX_ENGRAVED", 1)
    page = view(toy / "duet.musicxml").to_html()
    assert re.search(r"Piano roll: it has \d+ notes, and up to 1 are engraved\.", page)
    assert "Piano roll: requested." in view(toy / "duet.musicxml", as_roll=True).to_html()


def test_a_piano_roll_needs_no_verovio(monkeypatch, toy):
    monkeypatch.setitem(sys.modules, "verovio", None)
    notes = read_score(toy / "piano.musicxml")
    scene = stage(own_piece(notes, "piano"), {}, as_roll=True)
    assert scene.places.is_shown.all()


def test_midi_is_spelled_and_laid_out(midi, tmp_path):
    (tmp_path / "duet.mid").write_bytes(midi.toy_duet())
    shown = view(tmp_path / "duet.mid")
    assert shown.scene.piece.notes.staff.all()
    assert shown.scene.places.is_shown.all()


def test_a_performance_is_a_piano_roll(midi, tmp_path):
    random = np.random.default_rng(0)
    times = enumerate(random.integers(0, 48000, 90).tolist())
    played = [event for i, time in times for event in midi.note(time, 200, 60 + i % 12)]
    (tmp_path / "played.mid").write_bytes(midi.build([played]))
    shown = view(tmp_path / "played.mid")
    assert shown.scene.places.is_shown.sum() == 90
    assert "Piano roll: it is a performance without a metrical grid." in shown.to_html()
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    with pytest.raises(ScoreError, match=r"broken\.mid: "):
        view(tmp_path / "broken.mid")


def test_own_scores_have_labels_where_they_hold_them(toy):
    shown = view(toy / "piano.musicxml", task="pitch-spelling", model="ps13s1")
    sources = {(c.source, c.head) for c in shown.scene.columns}
    assert {("label", "spelling"), ("ps13s1", "spelling")} <= sources


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_writes_pages_and_pictures(toy, tmp_path):
    for name in ("page.html", "picture.svg"):
        done = run("view", toy / "four_voices.musicxml", "-o", tmp_path / name, "--measures", "2-3")
        assert done.output.strip() == str(tmp_path / name)
    wide, _ = packed((tmp_path / "page.html").read_text("utf-8"))["layouts"]
    assert len(wide["systems"]) == 1
    assert "<svg" in (tmp_path / "picture.svg").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["view", "duet.musicxml", "-o", "a.pdf"], r"a\.pdf: \.pdf cannot be written"),
        (["view", "dcml-cadence:K1", "-o", "a.html"], "dcml-cadence has no piece 'K1'; similar:"),
        (["leaderboard", "explain", "nobody", "K1", "-o", "a.html"], "has no entry 'nobody'"),
    ],
)
def test_the_commands_refuse_what_is_not_there(arguments, fault):
    done = run(*arguments)
    assert isinstance(done.exception, ValueError)
    with pytest.raises(ValueError, match=fault):
        raise done.exception


def test_every_relation_is_in_the_picture_of_the_docs(toy):
    scene = view(toy / "four_voices.musicxml").scene
    assert min(scene.edges(relation).shape[1] for relation in RELATIONS) > 0
    drawn = (DOCS / "pictures" / "view.svg").read_text("utf-8")
    for relation in RELATIONS:
        assert f">{relation} {scene.edges(relation).shape[1]}<" in drawn
