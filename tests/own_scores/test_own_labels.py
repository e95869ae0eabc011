"""Labels of a user's scores."""

import numpy as np
import pandas as pd
import pytest
import torch

from made_folder import DATA, THREE, is_last, load, write_kern, write_midi
from musebench import MuseNeighborLoader, read_score
from musebench.annotations import IGNORE_LABEL
from musebench.errors import AnnotationError, InputError, ScoreWarning
from musebench.tasks import PITCH_SPELLING, Task


def test_labels_of_a_known_task(folder):
    write_midi(folder / "played.mid")
    with pytest.warns(ScoreWarning, match="1 of 4 scores cannot be labelled"):
        dataset = load(folder, labels="pitch-spelling")
    (row,) = dataset.unlabelled.itertuples(index=False)
    assert row == ("played.mid", "a MIDI file does not know how its notes are spelled")
    assert dataset.num_classes == 35
    for graph, name in zip(dataset, THREE, strict=True):
        labels = PITCH_SPELLING.read_labels(read_score(DATA / name))
        assert graph["note"].y.tolist() == labels["spelling"].tolist()
        assert graph["note"].y_key_signature.tolist() == labels["key_signature"].tolist()
    with pytest.warns(ScoreWarning, match="staff separation needs exactly two"):
        staves = load(folder, labels="staves")
    assert set(staves.pieces["piece_id"]) | set(staves.exclusions["piece_id"]) == {
        *("divisions", "duet", "piano", "played")
    }


@pytest.mark.parametrize("labels", ["voice-separation", "voices"])
def test_links(folder, labels):
    dataset = load(folder, labels=labels)
    assert dataset.num_classes == 0
    batch = next(iter(MuseNeighborLoader(dataset, [2], batch_size=2)))
    assert batch.candidate_index.shape[0] == 2


def test_annotations_of_a_format(folder):
    with pytest.raises(InputError, match="its files hold no annotation of phrase_end"):
        load(folder, labels="phrase")
    files = [folder / name for name in THREE if name.endswith("xml")]
    dataset = load(files, labels="phrase", format="score-with-fermatas")
    assert dataset[0].onset_y.shape == (int(dataset[0]["note"].onset_index[-1]) + 1,)


KINDS = {
    "note": (lambda n: np.arange(len(n)) % 3, "note", ("0", "1", "2")),
    "bool": (is_last, "note", ("0", "1")),
    "texts": (lambda n: np.where(is_last(n), "top", ""), "note", ("top",)),
    "objects": (lambda n: ["top" if top else None for top in is_last(n)], "note", ("top",)),
    "onset": (lambda n: np.zeros(n.onset_index[-1] + 1, np.int32), "onset", ("0",)),
    "graph": (lambda n: len(n) % 2, "graph", ("0", "1")),
    "named": (lambda n: "long" if len(n) > 5 else "short", "graph", ("long", "short")),
    "float": (lambda n: n.duration_quarter, "regression", ()),
    "tensor": (lambda n: torch.zeros(len(n)).long(), "note", ("0",)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_function_gives(folder, kind):
    function, expected, classes = KINDS[kind]
    dataset = load(folder, labels=function, splits=lambda _: "test")
    assert (dataset.task.kind, dataset.classes) == (expected, {"label": classes})
    (evaluator, targets) = dataset.evaluator(num_resamples=9), dataset.targets("test")
    found = evaluator.eval(
        {"y_pred": {t.piece_id: np.maximum(t.labels["label"], 0) for t in targets}}
    )
    assert found[dataset.task.main_metrics[0]] == 1
    graph = dataset[1]
    y = graph["note"].y if dataset.task.unit == "note" else graph[dataset.task.label_field("label")]
    given = function(read_score(DATA / THREE[1]))
    if kind == "texts":
        given = np.where(given == "top", 0, IGNORE_LABEL)
    if kind not in ("objects", "named"):
        np.testing.assert_allclose(y.numpy(), np.atleast_1d(given).astype(y.numpy().dtype))


def test_several_heads(folder):
    def heads(notes):
        return {"high": notes.pitch > 60, "last": is_last(notes)}

    dataset = load(folder, labels=heads)
    assert dataset.classes == {"high": ("0", "1"), "last": ("0", "1")}
    assert dataset[1]["note"].y_last.tolist() == is_last(read_score(DATA / "duet.krn")).tolist()
    onsets = load(
        folder, labels=lambda n: dict.fromkeys("ab", np.zeros(n.onset_index[-1] + 1, int))
    )
    assert onsets.task.kind == "multi-head"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda n: np.zeros(len(n) + 1, int),
            r"the labels 'label' of the piece 'divisions' have shape \(4,\); it has 3 notes and 3",
        ),
        (lambda n: np.zeros((len(n), 2)), r"of type float64 and shape \(3, 2\); accepted are one-"),
        (lambda n: np.zeros(len(n), complex), "of type complex128"),
        (lambda n: [[1, 2], [3]], "the labels of the piece 'divisions' cannot be made an array"),
        (lambda n: np.full(len(n), -1), "no piece has a label 'label'"),
        (
            lambda n: np.arange(len(n)) - 1,
            r"note 0 has label -1; labels must be 0\.\.14, or",
        ),
        (lambda n: np.full(len(n), np.inf), "accepted are finite floats, NaN for none"),
        (lambda n: float(len(n)), "the labels are floats per graph; floats are labels of notes"),
        (lambda n: {"a": is_last(n), "b": n.duration_quarter}, "a mixture of floats and classes"),
        (lambda n: is_last(n) if len(n) > 3 else "one", "in all pieces there is a label per note"),
        (lambda n: is_last(n) if len(n) > 3 else ["a"] * 3, "texts in some pieces and numbers in"),
        (
            lambda n: {f"head{len(n)}": is_last(n)},
            r"the piece 'duet' has labels of \['head16'\]; the heads are \['head3'\], those of all",
        ),
    ],
)
def test_labels_that_are_none_are_refused(folder, function, message):
    with pytest.raises(InputError, match=f"(?i){message}"):
        load(folder, labels=function)


def test_pieces_without_labels_are_listed(folder):
    def labels(notes):
        if len(notes) == 3:
            return None
        if len(notes) == 10:
            msg = "nobody knows"
            raise AnnotationError(msg)
        return is_last(notes)

    with pytest.warns(ScoreWarning, match="2 of 3 scores cannot be labelled"):
        dataset = load(folder, labels=labels)
    assert dataset.unlabelled.to_numpy().tolist() == [
        ["divisions.musicxml", "its labels are None"],
        ["piano.musicxml", "nobody knows"],
    ]
    assert len(dataset) == 1


def test_an_error_of_a_function_names_the_piece(folder):
    with pytest.raises(ZeroDivisionError) as caught:
        load(folder, labels=lambda n: 1 // 0)
    assert "'divisions'" in caught.value.__notes__[0]


def test_tables_of_labels(folder, tmp_path):
    table = pd.DataFrame({"piece_id": ["duet", "piano"], "style": ["old", "new"]})
    table.to_csv(tmp_path / "styles.csv", index=False)
    as_dict = {"duet": {"style": "old"}, "piano": {"style": "new"}}
    for labels in (tmp_path / "styles.csv", str(tmp_path / "styles.csv"), table, as_dict):
        with pytest.warns(ScoreWarning, match="the table of labels has no such piece"):
            dataset = load(folder, labels=labels)
        assert dataset.classes == {"style": ("new", "old")}
        assert [graph.y.tolist() for graph in dataset] == [[1], [0]]
    with pytest.raises(InputError, match="the table of labels has 'duet' twice"):
        load(folder, labels=pd.concat([table, table]))
    (tmp_path / "bad.csv").write_text("piece,style\nduet,old\n")
    with pytest.raises(InputError, match="has no column 'piece_id'; it has piece, style"):
        load(folder, labels=tmp_path / "bad.csv")
    arrays = {name: is_last(read_score(DATA / f)) for name, f in zip("abc", THREE, strict=True)}
    dataset = load({n: DATA / f for n, f in zip("abc", THREE, strict=True)}, labels=arrays)
    assert dataset.task.kind == "note"


def test_a_file_that_changes_meanwhile_is_told(folder, monkeypatch):
    def read(path, **_):
        write_kern(folder / "duet.krn", "e")
        return read_score(path)

    monkeypatch.setattr("musebench.annotations.formats.read_score", read)
    with pytest.raises(InputError, match=r"duet\.krn was changed while it was read"):
        load([folder / "duet.krn"])


def test_another_function_gives_other_labels(folder, parsed):
    first = load(folder, labels=lambda n: n.pitch % 2)
    second = load(folder, labels=lambda n: n.pitch % 3)
    assert first.num_classes == 2
    assert second.num_classes == 3
    assert len(parsed) == 3


def test_a_task_of_ones_own(folder):
    task = Task(
        *("top", "note", {"top": ("lower", "top")}, ("pitch",), ("accuracy",)),
        read_labels=lambda notes: {"top": is_last(notes).astype(np.int64)},
    )
    dataset = load(
        folder, labels=task, splits=dict.fromkeys(("duet", "piano", "divisions"), "test")
    )
    assert dataset.num_node_features["note"] == 13
    assert dataset.evaluator().task.name == "top"
    wrong = Task(
        "x", "note", {"x": ("a",)}, ("pitch",), ("accuracy",), read_labels=lambda n: {"x": n.pitch}
    )
    with pytest.raises(InputError, match=r"note 0 has label \d+; labels must be 0\.\.0, or -100"):
        load(folder, labels=wrong)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": "pitch-speling"}, "did you mean 'pitch-spelling'"),
        ({"labels": 3}, "labels is a int; accepted are None, the name of a task"),
        ({"inputs": ["pich"]}, "'pich' is not a group of features"),
        ({"inputs": []}, r"inputs is \[\]; accepted are groups"),
        ({"inputs": "pitch-speling"}, "did you mean"),
        (
            {"inputs": ["pitch", "spelling"], "labels": "pitch-spelling"},
            "a model of pitch-spelling may not see spelling: that would give the answer away",
        ),
        ({"splits": "train"}, "splits is 'train'; accepted are None, 'random', 'folders'"),
        ({"splits": {"duet": "train"}}, "splits says nothing of 'divisions', 'piano'; name every"),
        ({"splits": lambda _: "dev"}, "the split of 'divisions' is 'dev'; accepted are train, va"),
        ({"splits": "folders"}, "the split of 'divisions' is 'divisions'"),
        ({"splits": 5}, "splits is a int; give a dict, a CSV file or a function"),
        ({"splits": "random", "ratio": (1, 1)}, r"ratio is \(1, 1\); it has a share"),
        ({"format": "skore"}, "did you mean 'score'"),
        ({"split": "validation"}, "there is no split 'validation'"),
    ],
)
def test_wrong_arguments_are_refused(folder, options, message):
    with pytest.raises(InputError, match=message):
        load(folder, **options)
