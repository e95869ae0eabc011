"""Splits of a user's scores."""

import shutil

import pytest

from made_folder import is_last, load, write_kern
from musebench.errors import InputError


def test_random_splits_follow_from_the_names_alone(tmp_path):
    for number in range(40):
        write_kern(tmp_path / f"{number:02}.krn", *"cd" * (number + 1))
    dataset = load(tmp_path, splits="random", ratio=(0.5, 0.25, 0.25))
    split = dict(zip(dataset.pieces["piece_id"], dataset.pieces["split"], strict=True))
    counts = {name: list(split.values()).count(name) for name in ("train", "valid", "test")}
    assert all(counts.values())
    assert counts["train"] > counts["valid"]
    for number in range(0, 40, 2):
        (tmp_path / f"{number:02}.krn").unlink()
    fewer = load(tmp_path, splits="random", ratio=(0.5, 0.25, 0.25)).pieces
    assert all(split[name] == s for name, s in zip(fewer["piece_id"], fewer["split"], strict=True))
    other = load(tmp_path, splits="random", ratio=(0.5, 0.25, 0.25), seed=1).pieces
    assert other["split"].tolist() != fewer["split"].tolist()
    assert set(load(tmp_path, splits="random", ratio=(0, 0, 1)).pieces["split"]) == {"test"}


def test_works_stay_together(tmp_path):
    for work in "abcdefg":
        (tmp_path / work).mkdir()
        for movement in range(3):
            write_kern(
                tmp_path / work / f"{movement}.krn", *work[:1] * (ord(work) - 96), *"cde"[movement]
            )
    shutil.copy(tmp_path / "a/0.krn", tmp_path / "copy.krn")
    pieces = load(tmp_path, splits="random", group_by="folder", ratio=(1, 1, 1)).pieces
    assert pieces.groupby("work_id")["split"].nunique().max() == 1
    assert pieces["split"].nunique() > 1
    alone = load(tmp_path, splits="random").pieces.set_index("piece_id")
    assert alone.loc["copy", "work_id"] == alone.loc["a/0", "work_id"] == "a/0"
    with pytest.raises(InputError, match="'a/0' and 'a/1' are of the same work"):
        load(tmp_path, splits=lambda p: "test" if p == "a/0" else "train", group_by=lambda p: p[0])
    with pytest.warns(UserWarning, match="'a/0' and 'copy' have the same content, and are in"):
        load(tmp_path, splits=lambda p: "test" if p == "a/0" else "train")


def test_splits_of_folders_and_tables(tmp_path):
    for split, pitch in (("train", "c"), ("val", "d"), ("test", "e")):
        (tmp_path / split / "deep").mkdir(parents=True)
        write_kern(tmp_path / split / "deep/same.krn", pitch)
    dataset = load(tmp_path, labels=is_last, splits="folders")
    index = dataset.get_idx_split()
    assert [dataset[index[s]][0].piece_id[:4] for s in ("train", "valid", "test")] == [
        *("trai", "val/", "test")
    ]
    assert load(tmp_path, splits="folders", split="test").pieces["split"].tolist() == ["test"]
    table = dataset.pieces[["piece_id", "split"]]
    table.to_csv(tmp_path / "splits.csv", index=False)
    again = load(tmp_path, splits=tmp_path / "splits.csv")
    assert again.pieces["split"].tolist() == dataset.pieces["split"].tolist()
    assert again.summary()["num_pieces"].tolist() == [1, 1, 1]


def test_without_splits_there_are_none(folder):
    dataset = load(folder, labels=is_last)
    with pytest.raises(InputError, match="this dataset has no splits; give splits='random'"):
        dataset.get_idx_split()
    with pytest.raises(
        InputError, match="no piece of the split 'test'; pieces by split are no split"
    ):
        dataset.evaluator()
    assert dataset.summary()["num_pieces"].tolist() == [3]
    with pytest.raises(InputError, match="this dataset has no labels"):
        load(folder).targets()
