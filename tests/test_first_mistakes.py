"""What people type first, and what it answers: what is wrong, and what to write instead."""

import sys

import pytest

import musebench
import toy_board
from musebench import cli
from musebench.applied import apply_folder
from musebench.boards import BOARDS
from musebench.corpora import CORPORA
from musebench.errors import MusebenchError, counted
from musebench.registry import what_there_is
from musebench.train import plan_run

SCORE = toy_board.DATA / "piano.musicxml"
BOARD = "asap-pitch-spelling"


@pytest.fixture(scope="module")
def notes():
    return musebench.read_score(SCORE)


@pytest.fixture(scope="module")
def graph(notes):
    return musebench.build_graph(notes, ["pitch"])


@pytest.fixture(scope="module")
def evaluator(built_toys):
    with pytest.MonkeyPatch.context() as patch:
        toy_board.register(patch, built_toys)
        yield musebench.Evaluator(toy_board.BOARD.name, root=built_toys)


CALLS = {
    "one graph": (
        lambda graph, **_: musebench.MuseNeighborLoader(graph),
        r"graphs is one graph; put it in a list: MuseNeighborLoader\(\[graph\]\)",
    ),
    "one number of neighbours": (
        lambda graph, **_: musebench.MuseNeighborLoader([graph], num_neighbors=10),
        r"num_neighbors has 10; it must be a list of integers, one per hop, for example \[3, 3\]",
    ),
    "shuffle": (
        lambda graph, **_: musebench.MuseNeighborLoader([graph], [3], shuffle=True),
        "shuffle is not an argument of MuseNeighborLoader: the loader draws windows",
    ),
    "no size": (
        lambda graph, **_: musebench.MuseNeighborLoader([graph], [3], None),
        "subgraph_size is None; it must be an integer of at least 1",
    ),
    "a batch size that is no integer": (
        lambda graph, **_: musebench.MuseNeighborLoader([graph], [3], 100, 8.0),
        r"batch_size is 8.0; it must be an integer of at least 1",
    ),
    "a path for notes": (
        lambda **_: musebench.build_graph(SCORE, ["pitch"]),
        r"notes is a path; read the score first: build_graph\(read_score\(",
    ),
    "no inputs": (
        lambda notes, **_: musebench.build_graph(notes),
        r"inputs is None; it must be a list of groups .* such as \['pitch', 'duration'\]",
    ),
    "a folder for a score": (
        lambda **_: musebench.read_score(SCORE.parent),
        "it is a folder; give a file, or apply to all scores in it by apply_folder",
    ),
    "bytes for a score": (
        lambda **_: musebench.read_score(SCORE.read_bytes()),
        r"a bytes is not a score; give a path, an http\(s\) address, or a Score",
    ),
    "notes and path swapped": (
        lambda notes, **_: musebench.write_score("out.musicxml", notes),
        "notes is a str; give a NoteTable, then the path",
    ),
    "task and score swapped": (
        lambda **_: musebench.apply(str(SCORE), "pitch-spelling"),
        r"piano.musicxml' is not a task, but 'pitch-spelling' is; give the task first, then the",
    ),
    "board and folder swapped": (
        lambda **_: apply_folder(str(SCORE.parent), BOARD),
        f"is not a task, but '{BOARD}' is; give the task first",
    ),
    "a misspelt board": (
        lambda **_: musebench.load("asap-pitch-speling"),
        f"there is no board 'asap-pitch-speling'; did you mean '{BOARD}'?",
    ),
    "the class of a dataset": (
        lambda **_: musebench.Evaluator("ASAPPitchSpelling"),
        f"there is no board 'ASAPPitchSpelling'; did you mean '{BOARD}'?",
    ),
    "a misspelt task": (
        lambda **_: musebench.apply("pitch-speling", SCORE),
        "there is no task or board 'pitch-speling'; did you mean 'pitch-spelling'?",
    ),
    "a misspelt rule": (
        lambda **_: musebench.apply("pitch-spelling", SCORE, model="ps13"),
        r"there is no model 'ps13': it is neither a rule .*; did you mean 'ps13s1'\?",
    ),
    "a misspelt model": (
        lambda **_: plan_run(BOARD, "NoteGNN", 0),
        f"there is no model 'NoteGNN' for {BOARD}; did you mean 'note-gnn'?",
    ),
    "a misspelt setting": (
        lambda **_: plan_run(BOARD, "note-gnn", 0, hiden=8),
        "hiden: unknown in a configuration; did you mean 'hidden'?",
    ),
    "a misspelt corpus": (
        lambda **_: CORPORA.find("aspa"),
        "there is no corpus 'aspa'; did you mean 'asap'?",
    ),
    "a misspelt checkpoint": (
        lambda **_: musebench.from_pretrained("cadense"),
        "'cadense' is not a task, board or file; did you mean 'cadence'?",
    ),
    "a misspelt board of a piece": (
        lambda **_: musebench.view("dcml-cadense:piece"),
        "there is no board 'dcml-cadense'; did you mean 'dcml-cadence'?",
    ),
    "predictions without the outer dict": (
        lambda evaluator, **_: evaluator.eval({piece: [1] for piece in "abcd"}),
        r"keys 'a', 'b', 'c', ...; the key 'y_pred' is required: .*, eval\(\{'y_pred': pred",
    ),
    "predictions of one piece": (
        lambda evaluator, **_: evaluator.eval({"y_pred": [1, 2]}),
        "y_pred is a list; it must be a dict from piece id to predictions",
    ),
}


@pytest.mark.parametrize("what", CALLS)
def test_the_answer_says_what_to_write_instead(what, notes, graph, evaluator):
    call, message = CALLS[what]
    with pytest.raises(MusebenchError, match=message):
        call(notes=notes, graph=graph, evaluator=evaluator)


def test_a_misspelt_class_is_told():
    with pytest.raises(AttributeError, match="; did you mean 'ASAPPitchSpelling'"):
        _ = musebench.ASAPPitchSpeling
    with pytest.raises(AttributeError, match=r"no attribute 'read_scores'$"):
        _ = musebench.read_scores


@pytest.mark.filterwarnings("ignore::UserWarning")  # of partitura
def test_scores_of_partitura_are_read(notes):
    partitura = pytest.importorskip("partitura")
    score = partitura.load_musicxml(str(SCORE))
    assert musebench.read_score(score).pitch.tolist() == notes.pitch.tolist()


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("apply pitch-spelling no.mid --model ps13s1", 3, "no.mid: there is no such file."),
        (f"apply {SCORE} pitch-spelling", 2, "give the task first, then the score"),
        ("view no.musicxml -o page.html", 3, "no.musicxml: there is no such file"),
        ("evaluate no.npz", 3, "no.npz is not a file of predictions"),
        ("predict no -o p.npz", 2, "no is not the folder of a run"),
        ("plot confusion no.npz -o a.svg", 3, "no.npz is not a file of predictions"),
        ("info asap-pitch-speling", 2, f"did you mean '{BOARD}'?"),
        (f"train {BOARD} --model notegnn", 2, "did you mean 'note-gnn'?"),
        ("trian", 2, "Did you mean 'train'"),
        ("submit chek x", 2, "Did you mean 'check'?"),
        (f"train {BOARD} --modl mlp", 2, "--model"),
    ],
)
def test_the_command_line_says_it_too(line, code, message, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["musebench", *line.split()])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == code
    assert message in capsys.readouterr().err


def test_what_is_meant_is_found_whatever_the_letters_and_else_all_is_named():
    assert what_there_is("NOTE_GNN", ["mlp", "note-gnn"]) == "did you mean 'note-gnn'?"
    assert what_there_is("xyz", ["mlp", "note-gnn"]) == "there are mlp, note-gnn."
    assert what_there_is("xyz", ["mlp", "note-gnn"], ["mlp"]) == "there are mlp."
    assert what_there_is("xyz", []) == "none is registered."
    for name in BOARDS:
        assert what_there_is(name.upper(), BOARDS) == f"did you mean {name!r}?"


def test_numbers_agree_with_their_nouns():
    assert [counted(n, "error") for n in (0, 1, 2, 1000)] == [
        "0 errors", "1 error", "2 errors", "1,000 errors",
    ]  # fmt: skip
