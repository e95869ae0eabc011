"""The tutorials run as they stand, cell by cell; so do our calls beside those of others."""

import json
import re
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from typer.testing import CliRunner

from musebench import read_score
from musebench.cli.app import app

DOCS = Path(__file__).parent.parent / "docs"
CELL = re.compile(r"^```\{code-cell\} python\n(?::[^\n]*\n+)*(.*?)^```", re.MULTILINE | re.DOTALL)
OURS = re.compile(r"^```python\n(# musebench\n.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def run(chorale_home, tmp_path, monkeypatch):
    """Run the code of a page in an empty folder, without network; returns its names."""
    monkeypatch.setenv("MUSEBENCH_DATA", str(chorale_home))
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    plt.switch_backend("agg")

    def run_page(page, code=CELL):
        is_text = isinstance(page, str)
        cells = code.findall((DOCS / page).read_text("utf-8")) if is_text else page
        name = page if is_text else "notebook"
        assert cells
        namespace = {"__name__": "tutorial"}
        for cell in cells:
            exec(compile(cell, name, "exec"), namespace)
        return namespace

    yield run_page
    plt.close("all")


def test_every_tutorial_is_run_here():
    pages = {page.stem for page in (DOCS / "tutorials").glob("*.md")} - {"index"}
    kinds = {"own-model", *(f"own-model-{kind}" for kind in ("onset", "link", "graph"))}
    assert pages == {"pitch-spelling", "sampler", "own-scores", "own-dataset", *kinds}
    for page in pages:  # code that looks like a cell and is none would not be run
        text = (DOCS / "tutorials" / f"{page}.md").read_text("utf-8")
        assert len(CELL.findall(text)) == text.count("{code-cell}")
        assert "```python" not in text


def test_pitch_spelling(run):
    names = run("tutorials/pitch-spelling.md")
    assert names["metrics"]["accuracy"] > 0.95
    assert len(names["y_pred"]) == names["metrics"]["num_pieces"] == 75
    spelled, original = read_score("spelled.musicxml"), names["original"]
    assert spelled.pitch.tolist() == original.pitch.tolist()
    assert (spelled.step == original.step).mean() > 0.9
    assert names["right"].mean() > 0.9


def test_the_sampler_does_what_its_page_says(run):
    names = run("tutorials/sampler.md")
    num_notes, p = names["num_notes"], names["p"]
    # Six standard deviations of a count of windows.
    spread = 6 * (p * (1 - p) / names["num_windows"]) ** 0.5
    assert abs(names["frequency"] - p).max() < spread
    final_chord = list(range(num_notes - 5, num_notes))
    assert names["theirs"][-1] == 0
    assert names["theirs"][final_chord].max() < 0.1 * names["theirs"].max()
    assert names["times"].tolist() == [1] * num_notes
    assert names["torch"].allclose(names["on_targets"], names["on_score"], atol=1e-5)


def test_own_scores(run):
    names = run("tutorials/own-scores.md")
    same = (names["original"] == names["found"]).all(axis=1)
    assert same.mean() > 0.8
    assert len(names["cadences"].events()) > 0
    for file in ("spelled", "chords", "voices"):
        assert read_score(f"{file}.musicxml").pitch.tolist() == names["notes"].pitch.tolist()


def test_own_dataset(run):
    names = run("tutorials/own-dataset.md")
    dataset = names["dataset"]
    assert len(dataset) == 80
    assert names["metrics"]["accuracy"] > 0.85
    assert set(names["applied"].to_frame()["sings"]) == {"soprano", "other"}
    assert sum(map(len, names["index"].values())) == 80


def test_own_model(run):
    names = run("tutorials/own-model.md")
    assert names["report"].errors == []
    assert len(names["report"].runs) == 3
    assert names["metrics"]["accuracy"] > 0.9
    done = CliRunner().invoke(app, ["submit", "check", names["FOLDER"]])
    assert done.exit_code == 0, done.output
    assert "SpellingSAGE" in done.output


@pytest.mark.parametrize(
    ("kind", "metric", "least"),
    [("onset", "boundary_f1", 0.4), ("link", "link_f1", 0.6), ("graph", "accuracy", 0.5)],
)
def test_own_models_of_the_other_kinds(run, kind, metric, least):
    names = run(f"tutorials/own-model-{kind}.md")
    assert names["metrics"][metric] > least


def test_the_notebook_runs_but_for_its_installation(run):
    notebook = json.loads((DOCS / "tutorials" / "first-board.ipynb").read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    left_out = [cell for cell in cells if "skip-execution" in cell["metadata"].get("tags", ())]
    assert ["".join(cell["source"]) for cell in left_out] == [
        '%pip install --quiet "musebench[chorales]"'
    ]
    assert not any(cell["outputs"] for cell in cells)  # they would hold what others wrote
    names = run(["".join(cell["source"]) for cell in cells if cell not in left_out])
    assert names["metrics"]["accuracy"] > 0.8


@pytest.mark.parametrize("page", ["from-ogb.md", "from-graphmuse.md"])
def test_our_side_of_the_calls_runs(run, page, toy):
    shutil.copy(toy / "piano.musicxml", "score.musicxml")
    names = run(page, OURS)
    made = names["train"] if "train" in names else next(iter(names["loader"]))
    assert len(made) > 0
