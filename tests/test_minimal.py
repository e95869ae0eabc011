"""What a wheel must do on every machine; needs the wheel and pytest, no corpus, no other file."""

import importlib.metadata
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import musebench

# C4 for a half note; above it E4, then F#4 after a quarter; a rest of a quarter, G4.
SCORE = """<?xml version="1.0" encoding="UTF-8"?>
<score-partwise version="4.0">
  <part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list>
  <part id="P1">
    <measure number="1">
      <attributes>
        <divisions>1</divisions><key><fifths>1</fifths></key>
        <time><beats>4</beats><beat-type>4</beat-type></time>
      </attributes>
      <note><pitch><step>E</step><octave>4</octave></pitch><duration>1</duration>
        <voice>1</voice><type>quarter</type></note>
      <note><pitch><step>F</step><alter>1</alter><octave>4</octave></pitch><duration>1</duration>
        <voice>1</voice><type>quarter</type></note>
      <note><rest/><duration>1</duration><voice>1</voice><type>quarter</type></note>
      <note><pitch><step>G</step><octave>4</octave></pitch><duration>1</duration>
        <voice>1</voice><type>quarter</type></note>
      <backup><duration>4</duration></backup>
      <note><pitch><step>C</step><octave>4</octave></pitch><duration>2</duration>
        <voice>2</voice><type>half</type></note>
    </measure>
  </part>
</score-partwise>
"""
EDGES = {
    "onset": [(0, 1), (1, 0)],
    "consecutive": [(1, 2)],
    "during": [(0, 2)],
    "rest": [(0, 3), (2, 3)],
}


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "score.musicxml"
    path.write_text(SCORE, encoding="utf-8")
    return musebench.read_score(path)


def test_the_core_is_that_of_the_package():
    from musebench import _core

    assert Path(_core.__file__).parent.name == Path(musebench.__file__).parent.name == "musebench"
    assert importlib.metadata.version("musebench") == musebench.__version__


def test_the_core_finds_the_edges():
    from musebench import _core

    onset = np.array([0, 0, 1, 3], dtype=np.int64)
    duration = np.array([2, 1, 1, 1], dtype=np.int64)
    found = _core.score_edges(onset, duration)
    assert {name: list(map(tuple, edges.T.tolist())) for name, edges in found.items()} == EDGES
    with pytest.raises(ValueError, match="starts before the previous note"):
        _core.score_edges(onset[::-1].copy(), duration)
    far = np.full(2, 1 << 62, dtype=np.int64)
    with pytest.raises(ValueError, match="ends later than 64 bits can express"):
        _core.score_edges(far, far)


def test_a_score_becomes_a_table(notes):
    assert notes.pitch.tolist() == [60, 64, 66, 67]
    assert notes.onset_quarter.tolist() == [0, 0, 1, 3]
    assert notes.duration_quarter.tolist() == [2, 1, 1, 1]
    assert notes.step.tolist() == ["C", "E", "F", "G"]
    assert notes.key_fifths.tolist() == [1, 1, 1, 1]


def test_a_table_becomes_a_graph(notes):
    graph = musebench.build_graph(notes, inputs=["pitch", "duration"])
    assert graph.validate()
    for relation, edges in EDGES.items():
        assert graph["note", relation, "note"].edge_index.T.tolist() == list(map(list, edges))


def test_the_files_of_the_package_are_there():
    from musebench.models import ENCODERS, read_config
    from musebench.splits import read_pieces

    for board in musebench.BOARDS.values():
        assert len(board.corpus.pieces) >= len(read_pieces(board.name)) > 0
    for model in ENCODERS:
        assert read_config(model, "chorale-pitch-spelling").hidden > 0


def test_the_weights_of_the_package_spell_a_score(notes, monkeypatch):
    from musebench.models import released

    registry = files("musebench.models").joinpath("weights", "weights.tsv")
    monkeypatch.setattr(released, "REGISTRY", registry)  # where other tests say what is released
    monkeypatch.setattr(released, "PACKAGE", "no_such_package")
    applied = musebench.apply("pitch-spelling", notes, device="cpu")
    assert applied.notes.step.tolist() == ["C", "E", "F", "G"]
    assert applied.labels["spelling"].shape == (4,)


def test_the_command_is_installed(capsys):
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="musebench")
    main = script.load()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["musebench", "list"])
        with pytest.raises(SystemExit) as stopped:
            main()
    assert not stopped.value.code
    assert "asap-pitch-spelling" in capsys.readouterr().out
