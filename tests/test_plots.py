"""Pictures hold the numbers they are made of, are the same again, and leave pyplot alone."""

import json
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from made_standings import EMPTY, ENTRIES, FULL, REGRESSION, hostile
from musebench.annotations import IGNORE_LABEL
from musebench.evaluation import Confusion, Evaluator, PieceTarget
from musebench.evaluation.calibration import reliability
from musebench.plots import (
    SUFFIXES,
    draw_board,
    draw_confusion,
    draw_errors,
    draw_learning_curves,
    draw_reliability,
    draw_statistics,
    read_learning_curves,
    save,
    tell_apart,
)
from musebench.plots.learning_curves import mean_of
from musebench.plots.style import PALETTE
from musebench.tasks import PITCH_SPELLING

BOARD = "asap-pitch-spelling"
METRICS = ("accuracy", "accuracy_up_to_shift")


def write_run(folder, accuracies, board=BOARD, seed=0):
    """The folder of a run, validated every ten steps."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"board": board, "model": "m", "seed": seed}))
    rows = [
        {"step": 10 * (k + 1), "loss": 2.0 / (k + 1), **dict.fromkeys(METRICS, value), "seconds": 1}
        for k, value in enumerate(accuracies)
    ]
    (folder / "history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def texts(figure):
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(mpl.text.Text)]


def lines(axes):
    return [np.column_stack(line.get_data()).tolist() for line in axes.lines]


def confusion_of(counts, classes="abcdefghijklmnopqrstuvwxyz"):
    counts = np.array(counts)
    return Confusion("head", "note", tuple(classes[: len(counts)]), counts)


THREE = confusion_of([[8, 2, 0], [0, 0, 0], [1, 3, 96]])


def test_learning_curves_are_the_histories(tmp_path):
    a = write_run(tmp_path / "gnn-seed0", [0.5, 0.9, 0.8])
    b = write_run(tmp_path / "gnn-seed1", [0.7, 0.6], seed=1)
    c = write_run(tmp_path / "mlp-fold0-seed0", [0.4, 0.4, 0.2])
    figure = draw_learning_curves(read_learning_curves([a, b, c]))
    loss, accuracy, _ = figure.axes
    assert lines(loss)[0] == [[10, 2], [20, 1], [30, pytest.approx(2 / 3)]]
    found = lines(accuracy)
    assert found[0] == [[10, 50], [20, 90], [30, 80]]
    assert found[1] == [[20, 90]]  # the best validation
    assert found[2:4] == [[[10, 70], [20, 60]], [[10, 70]]]
    np.testing.assert_allclose(found[4], [[10, 60], [20, 75]])  # the mean, as far as both go
    assert found[5:] == [[[10, 40], [20, 40], [30, 20]], [[10, 40]]]
    assert accuracy.lines[4].get_linewidth() > 2 * accuracy.lines[0].get_linewidth()
    assert {"gnn, mean of 2 seeds", "mlp, seed 0", "accuracy, %"} <= set(texts(figure))


def test_a_metric_without_a_number_is_a_gap(tmp_path):
    (curve,) = read_learning_curves([write_run(tmp_path / "gnn-seed0", [-np.inf, 0.9])])
    assert np.isnan(curve.values["accuracy"][0])
    assert curve.best == 1
    (nothing,) = read_learning_curves([write_run(tmp_path / "mlp-fold0-seed0", [-np.inf])])
    assert nothing.best is None
    draw_learning_curves([nothing])


def test_runs_of_the_same_name_are_told_apart(tmp_path):
    folders = [write_run(tmp_path / home / "gnn-seed0", [0.5]) for home in ("old", "new")]
    assert [c.model for c in read_learning_curves(folders)] == ["old/gnn", "new/gnn"]


def test_a_mean_is_over_the_steps_of_all(tmp_path):
    curves = read_learning_curves(
        [write_run(tmp_path / f"gnn-seed{k}", [0.2 * k, 0.4][: 2 - k], seed=k) for k in (0, 1)]
    )
    step, mean = mean_of(curves, "accuracy")
    assert (step.tolist(), mean.tolist()) == ([10], [0.1])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda run: (run / "history.jsonl").unlink(), "is not the folder of a trained run"),
        (lambda run: (run / "history.jsonl").write_text('{"step": 1'), "not the folder of a tra"),
        (lambda run: (run / "history.jsonl").write_text('{"step": 1}\n'), "have no metric"),
        (
            lambda run: (run / "history.jsonl").write_text('{"step": 1, "accuracy": 1}\n'),
            "it has no 'loss'",
        ),
        (lambda run: (run / "history.jsonl").write_text(""), "has no validation yet"),
        (lambda run: (run / "config.json").write_text("[]"), "is not the folder of a trained run"),
    ],
)
def test_what_is_no_trained_run_is_refused(tmp_path, change, sentence):
    run = write_run(tmp_path / "gnn-seed0", [0.5])
    change(run)
    with pytest.raises(ValueError, match=sentence):
        read_learning_curves([run])


def test_runs_of_two_boards_are_refused(tmp_path):
    a = write_run(tmp_path / "a-seed0", [0.5])
    b = write_run(tmp_path / "b-seed0", [0.5], board="chorale-pitch-spelling")
    with pytest.raises(ValueError, match=r"b-seed0 belongs to chorale-pitch-spelling, .* of one"):
        read_learning_curves([a, b])
    with pytest.raises(ValueError, match="a run is given twice"):
        read_learning_curves([a, a])
    with pytest.raises(ValueError, match="nothing to draw; learning curves need at least one run"):
        draw_learning_curves(read_learning_curves([]))


def test_a_chart_of_a_board_is_its_standings():
    figure = draw_board(FULL)
    (axes,) = figure.axes
    ends, means = {}, {}
    for line in axes.lines:
        x, y = line.get_data()
        row = int(y[0])
        if len(x) == 2:
            ends[row] = x
        else:
            means[row] = (x[0], line.get_markerfacecolor(), line.get_color())
    for row, entry in enumerate(ENTRIES):
        estimate = entry.metrics["accuracy"]
        if estimate.mean is None:
            assert row not in means
            continue
        value, face, colour = means[row]
        assert value == pytest.approx(100 * estimate.mean)
        assert face == ("white" if entry.kind == "rule" else colour)
        assert (row in ends) == (estimate.low is not None)
        if estimate.low is not None:
            assert ends[row] == pytest.approx([100 * estimate.low, 100 * estimate.high])
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[0].split() == ["NoteGNN"]
    assert names[-1].split() == ["untrained", "twin"]
    ranks = {"1 (1\N{EN DASH}3)", "7", "6 (5\N{EN DASH}6)*", "\N{EN DASH}"}
    assert {"98.12", "accuracy, %"} | ranks <= set(texts(figure))


def test_another_metric_of_a_board():
    (axes,) = draw_board(FULL, "key_signature_accuracy").axes
    first = next(line for line in axes.lines if len(line.get_xdata()) == 1)
    assert first.get_xdata()[0] == pytest.approx(100 * 0.9512)
    assert "lower is better" in draw_board(REGRESSION).axes[0].get_xlabel()


def test_boards_that_cannot_be_drawn_are_refused():
    with pytest.raises(ValueError, match=r"has no metric 'acuracy'; it has accuracy, "):
        draw_board(FULL, "acuracy")
    with pytest.raises(ValueError, match="has no entries; there is nothing to draw"):
        draw_board(EMPTY)


def test_a_hostile_name_is_only_text(tmp_path):
    file = save(draw_board(hostile("$\\frac{$<script>&")), tmp_path / "a.svg")
    assert b"<script>" not in file.read_bytes()


def test_a_confusion_matrix_is_its_counts():
    figure = draw_confusion(THREE)
    matrix, listed = figure.axes
    right, wrong = (image.get_array() for image in matrix.images)
    assert right.filled(-1).tolist() == [[0.8, -1, -1], [-1, -1, -1], [-1, -1, 0.96]]
    assert wrong.filled(-1).tolist() == [[-1, 0.2, 0], [-1, -1, -1], [0.01, 0.03, -1]]
    assert [label.get_text() for label in matrix.get_yticklabels()] == ["a", "b", "c"]
    assert [bar.get_width() for bar in listed.patches] == [3, 2, 1]
    assert [label.get_text() for label in listed.get_yticklabels()] == [
        "c as b",
        "a as b",
        "c as a",
    ]
    written = texts(figure)
    assert {"80", "20", "96", "1", "3"} <= set(written)  # in the cells, in percent
    assert {"80.0", "96.0", "10", "0", "100", "2 (20.0 % of a)"} <= set(written)


def test_many_classes_are_not_written_into_cells():
    found = texts(draw_confusion(confusion_of(np.eye(20, dtype=int))))
    assert "100.0" in found  # the recall
    assert "100" not in found
    assert "none" in found  # no mistake


def test_a_matrix_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no prediction has a label of 'head'"):
        draw_confusion(Confusion("head", "note", (), np.zeros((0, 0), int)))


def test_a_reliability_diagram_is_its_bins():
    found = {"a": reliability([0, 1, 1], [0.1, 0.6, 1.0], 2), "b": reliability([1], [0.3], 2)}
    figure = draw_reliability(found)
    curve, histogram = figure.axes
    np.testing.assert_allclose(lines(curve)[1], [[10, 0], [80, 100]])
    np.testing.assert_allclose(lines(curve)[2], [[30, 100]])
    bars = [path.vertices.tolist() for path in histogram.collections[0].get_paths()]
    assert bars == [[[0, 1], [50, 1]], [[50, 2], [100, 2]]]
    assert "a (expected error 17 %)" in texts(figure)
    with pytest.raises(ValueError, match="needs at least one prediction file"):
        draw_reliability({})


@pytest.fixture
def result():
    spelled = {"x": [15, 15, 16], "y": [16, IGNORE_LABEL, 17]}
    targets = [
        PieceTarget(
            n, n, composer, {"spelling": np.array(spelled[n])}, {"duration_div": np.ones(3)}
        )
        for n, composer in (("x", "Bach"), ("y", "Liszt"))
    ]
    evaluator = Evaluator.from_targets(PITCH_SPELLING, targets, num_resamples=5)
    y_pred = {"y_pred": {"x": [15, 16, 16], "y": [16, 16, 16]}}
    return evaluator.eval(y_pred), evaluator.confusions(y_pred)["spelling"]


def test_errors_by_composer_and_by_class(result):
    figure = draw_errors(result[0], "accuracy", result[1])
    composers, classes = figure.axes
    np.testing.assert_allclose(lines(composers), [[[200 / 3, 0]], [[50, 1]]])
    assert [label.get_text() for label in classes.get_yticklabels()] == ["C", "G", "D"]
    precision, recall = lines(classes)[-2:]
    assert precision == [[100, 0], [50, 1]]  # D is never predicted
    assert recall == [[50, 0], [100, 1], [0, 2]]
    assert len(draw_errors(result[0], "accuracy").axes) == 1
    with pytest.raises(ValueError, match="no 'f1' by composer; there is accuracy_up_to_shift, acc"):
        draw_errors(result[0], "f1")


TABLES = {
    "composers": pd.DataFrame({"train": [5, 90], "test": [5, 0]}, index=["Bach", "Liszt"]),
    "sizes": pd.DataFrame([[1.0, 2, 3, 4, 50]], index=["num_notes"]),
    "relations": pd.DataFrame({"edges": [1]}, index=["onset"]),
    "classes_cadence": pd.DataFrame({"train": [75, 25], "test": [9, 0]}, index=["none", "PAC"]),
}


def test_statistics_are_the_tables():
    figures = draw_statistics("toy", TABLES)
    assert list(figures) == ["composers", "sizes", "classes_cadence"]
    bars = figures["composers"].axes[0].patches
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [(0, 90), (0, 5), (90, 0), (5, 5)]
    shares = lines(figures["classes_cadence"].axes[0])[-2:]
    assert shares == [[[75, 0], [25, 1]], [[100, 0]]]
    assert {"1", "3", "50"} <= set(texts(figures["sizes"]))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_picture_is_the_same_again(tmp_path, suffix):
    files = [save(draw_confusion(THREE), tmp_path / str(k) / f"a{suffix}") for k in (0, 1)]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(files[0].read_bytes()) > 3000
    assert [file.name for file in files[0].parent.iterdir()] == [f"a{suffix}"]


def test_a_picture_is_the_same_whatever_the_users_settings(tmp_path):
    plain = save(draw_board(FULL), tmp_path / "a.svg").read_bytes()
    with mpl.rc_context({"font.size": 20, "axes.grid": True, "svg.fonttype": "none"}):
        assert save(draw_board(FULL), tmp_path / "b.svg").read_bytes() == plain
        assert mpl.rcParams["font.size"] == 20


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a\.gif: \.gif cannot be written; use a picture \("):
        save(draw_confusion(THREE), tmp_path / "a.gif")
    assert not list(tmp_path.iterdir())


def test_files_are_named_by_what_differs():
    assert tell_apart(["a/b/fold0-seed0.npz"]) == ["fold0-seed0"]
    assert tell_apart(["a/mlp/p/0.npz", "a/gnn/p/0.npz"]) == ["mlp", "gnn"]
    assert tell_apart(["a/mlp/p/0.npz", "a/gnn/p/1.npz"]) == ["mlp/0", "gnn/1"]
    assert tell_apart(["a.npz", "b/a.npz"]) == ["a", "b/a"]
    assert tell_apart(["a.npz", "a.npz"]) == ["a", "a"]


def test_colours_are_told_apart_by_the_colour_blind():
    """Vienot's simulation of the two common kinds, and lightness against white."""
    to_lms = np.array(
        [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
    )
    red = np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]])
    green = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])
    colours = np.array([mpl.colors.to_rgb(colour) for colour in PALETTE])
    for blind in (np.eye(3), red, green):
        seen = colours @ (np.linalg.inv(to_lms) @ blind @ to_lms).T
        apart = np.linalg.norm(seen[:, np.newaxis] - seen, axis=-1)[np.triu_indices(len(seen), 1)]
        assert apart.min() > 0.12
    assert (colours @ [0.2126, 0.7152, 0.0722]).max() < 0.7


def test_no_display_no_pyplot_no_torch(tmp_path):
    code = f"""
import sys
sys.modules["torch"] = sys.modules["torch_geometric"] = None
from musebench.leaderboard.standings import read_standings
from musebench.plots import draw_board, save
save(draw_board(read_standings({str(tmp_path / "standings.json")!r})), {str(tmp_path / "a.png")!r})
print({{"matplotlib.pyplot", "tkinter", "partitura"}} & set(sys.modules))
"""
    from musebench.leaderboard.standings import to_json

    (tmp_path / "standings.json").write_text(to_json(FULL), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": "/nowhere"},
    )
    assert done.stdout.strip() == "set()", done.stderr
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
