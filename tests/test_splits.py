"""The splits of the boards: frozen, and no work in two of them."""

import hashlib
import re
from collections import Counter
from itertools import pairwise

import pandas as pd
import pytest

from made_works import BOARDS, FOLDER, check_shares, corpus_and_name, read_csv
from makers import work_names as names
from makers.asap import COMPOSERS_OF_ASAP
from makers.augmentednet import COMPOSERS_OF_AUGMENTEDNET
from makers.schemes import composer_scheme, split_composers
from musebench.boards import BOARDS as ALL_BOARDS
from musebench.corpora import AUGMENTEDNET
from musebench.errors import InputError
from musebench.splits import (
    DESCRIBING_COLUMNS,
    SPLITS,
    check_split,
    read_exclusions,
    read_pieces,
    split_of_pieces,
    split_schemes,
)
from musebench.store import load_notes

# board -> composers of each split of the scheme ``composer``
COMPOSERS = {
    "asap-performance": COMPOSERS_OF_ASAP,
    "asap-pitch-spelling": COMPOSERS_OF_ASAP,
    "asap-staff-separation": COMPOSERS_OF_ASAP,
    "augmentednet-roman-numeral": COMPOSERS_OF_AUGMENTEDNET,
}
PUBLISHED_SCHEMES = ("augmentednet",)  # those of others, for comparison: works may be cut
WORKS_OF_VERSION_1 = "39b811f5b54b76335a997f6f8a08a93ab1adb5f1710bb027f4a44d4a6e55eca9"
# The splits are frozen: a changed hash changes what every published number means.
HASHES = {
    "works": "e373ae04ac3278a7caf2d3897860b4cb21df3d18c616be321e2886b26e497c7b",
    "asap-performance": "17b517ab3e7245836e6fb2bd6e3e743d9a5451ee6a0bdc909855f6771a28d36d",
    "asap-pitch-spelling": "6dc66280d13a9d8bcca85d6bb42995f0326454bd260d1caa3b3f6088ea6b54cc",
    "augmentednet-roman-numeral": (
        "b3811cb58e9910017c134dd1d607793d518ac562aed388fb977eb3b6b54913e6"
    ),
    "chorale-voice-separation": "18b6e414b061e19d8bbc0267de0717f8bdf176ebc9a6d2567012c1e1b492177a",
    "dcml-voice-separation": "f68b95d0ccbb8bc8d8256516afb186519c472aca40c1284af8db2a9b970fc794",
    "chorale-pitch-spelling": "18b6e414b061e19d8bbc0267de0717f8bdf176ebc9a6d2567012c1e1b492177a",
}
# board -> split -> (pieces, works)
COUNTS = {
    "asap-performance": {"train": (114, 63), "valid": (22, 18), "test": (37, 28)},
    "augmentednet-roman-numeral": {"train": (235, 103), "valid": (36, 25), "test": (72, 40)},
    "asap-pitch-spelling": {"train": (142, 79), "valid": (27, 22), "test": (49, 35)},
    "chorale-pitch-spelling": {"train": (228, 98), "valid": (47, 42), "test": (75, 56)},
    "chorale-voice-separation": {"train": (228, 98), "valid": (47, 42), "test": (75, 56)},
    "dcml-voice-separation": {"train": (248, 87), "valid": (47, 13), "test": (85, 27)},
}
REASONS = {
    "asap-performance": {"repeat variant": 4},
    "augmentednet-roman-numeral": {"chords": 10},
    "asap-pitch-spelling": {"repeat variant": 21, "not vetted": 3},
    "chorale-pitch-spelling": {"parts": 44, "near-duplicate": 12, "monophonic": 2},
    "chorale-voice-separation": {"parts": 44, "near-duplicate": 12, "monophonic": 2},
    "dcml-voice-separation": {"start alone": 10},
}


# The files


@pytest.mark.parametrize("name", HASHES)
def test_split_files_are_frozen(name):
    assert hashlib.sha256((FOLDER / f"{name}.csv").read_bytes()).hexdigest() == HASHES[name]


def test_the_works_of_version_1_kept_their_splits():
    rows = (FOLDER / "works.csv").read_text("utf-8").splitlines(keepends=True)[: 1 + 1069]
    first = "".join(re.sub(r"^((?:[^,]*,){3})[^,]*,", r"\1", row) for row in rows)
    assert hashlib.sha256(first.encode()).hexdigest() == WORKS_OF_VERSION_1


def test_works_are_assigned_once_in_the_intended_shares():
    rows = read_csv("works")
    assert len(rows) == len({row["work_id"] for row in rows})
    assert all(row["composer"] == names.composer_of(row["work_id"]) for row in rows)
    num_notes = Counter()
    for row in rows:
        num_notes[row["split"]] += int(row["num_notes"])
    assert set(num_notes) == set(SPLITS)
    check_shares(num_notes)


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_follows_the_works(board):
    works = {row["work_id"]: row for row in read_csv("works")}
    rows = read_csv(board)
    ids = [row["piece_id"] for row in rows]
    assert all(first < second for first, second in pairwise(ids))
    assert {piece.piece_id for piece in ALL_BOARDS[board].corpus.pieces} <= set(ids)
    for row in rows:
        assert row["work_id"] == names.work_of(*corpus_and_name(board, row["piece_id"]))
        # An excluded piece may be of a work that no corpus of the mirror has.
        for column, name in (("split_official", "split"), ("fold", "fold")):
            assert row[column] == works.get(row["work_id"], {name: ""})[name]
        assert row["split_official"] in SPLITS or row["exclusion"]


@pytest.mark.parametrize("board", BOARDS)
def test_no_work_is_in_two_splits_and_the_counts_are_known(board):
    pieces = read_pieces(board)
    for scheme in set(split_schemes(board)) - set(PUBLISHED_SCHEMES):
        split = split_of_pieces(board, scheme)
        assert set(split) == set(SPLITS)
        assert split.groupby(pieces["work_id"]).nunique().eq(1).all()
    official = split_of_pieces(board)
    groups = pieces.groupby(official)["work_id"]
    assert {split: (len(works), works.nunique()) for split, works in groups} == COUNTS[board]


@pytest.mark.parametrize("board", BOARDS)
def test_every_exclusion_has_a_known_reason(board):
    reasons = read_exclusions(board)["reason"]
    found = {kind: int(reasons.str.contains(rf"\b{kind}\b").sum()) for kind in REASONS[board]}
    found["parts"] = found.get("parts", 0) + int((reasons == "1 part").sum())
    assert {kind: count for kind, count in found.items() if count} == REASONS[board]
    assert sum(found.values()) == len(reasons)
    assert len(reasons) + len(read_pieces(board)) == len(read_csv(board))


@pytest.mark.parametrize("board", BOARDS)
def test_an_excluded_copy_names_a_piece_of_the_board(board):
    included = set(read_pieces(board)["piece_id"])
    for reason in read_exclusions(board)["reason"]:
        match = re.search(" of (.+)", reason)
        assert match is None or match[1] in included


def num_notes_of_works():
    return {row["work_id"]: int(row["num_notes"]) for row in read_csv("works")}


@pytest.mark.parametrize("board", ALL_BOARDS)
def test_the_fold_is_that_of_the_work_on_every_board(board):
    works = {row["work_id"]: row for row in read_csv("works")}
    notes, found = num_notes_of_works(), {}
    for row in read_csv(board):
        if row["exclusion"] == "":
            assert row["fold"] == works[row["work_id"]]["fold"]
            assert (row["fold"] == "0") == (row["split_official"] == "test")
            found.setdefault(row["fold"], set()).add(row["work_id"])
    assert sorted(found) == ["0", "1", "2", "3", "4"]
    sizes = [sum(notes[work] for work in of) for of in found.values()]
    assert 0.15 < min(sizes) / sum(sizes) <= max(sizes) / sum(sizes) < 0.25


@pytest.mark.parametrize("board", ALL_BOARDS)
def test_every_fold_has_works_that_validate(board):
    works = {(row["work_id"], row["fold"]) for row in read_csv(board) if row["exclusion"] == ""}
    odd = [fold for work, fold in works if hashlib.sha256(work.encode()).digest()[-1] % 2]
    assert set(odd) == {"0", "1", "2", "3", "4"}


def test_no_title_of_asap_is_there_twice():
    assert not read_pieces("asap-pitch-spelling").duplicated(["composer", "title"]).any()


@pytest.mark.parametrize("board", COMPOSERS)
def test_no_composer_is_in_two_splits_of_the_composer_scheme(board):
    pieces = read_pieces(board)
    composers = pieces.groupby(split_of_pieces(board, "composer"))["composer"]
    found = {split: set(names) for split, names in composers}
    here = set(pieces["composer"])
    assert found == {split: set(names) & here for split, names in COMPOSERS[board].items()}
    assert sum(map(len, found.values())) == len(here)
    assert all(found[split] for split in SPLITS)


def test_a_composer_without_a_split_is_refused():
    table = pd.DataFrame({"composer": ["Bach", "Satie", "Fauré"]})
    with pytest.raises(ValueError, match="no split of composers has Fauré, Satie"):
        split_composers(table, COMPOSERS_OF_ASAP)


@pytest.mark.corpus
def test_composers_of_augmentednet_are_split_by_their_notes(at_hand, chorale_home):
    at_hand("augmentednet-roman-numeral")
    store = load_notes(AUGMENTEDNET, chorale_home).tables
    pieces = read_pieces("augmentednet-roman-numeral")
    composers = dict(zip(pieces["piece_id"], pieces["composer"], strict=True))
    splits = composer_scheme(composers, {piece: len(store[piece]) for piece in composers})
    found = {split: {name for name in splits if splits[name] == split} for split in SPLITS}
    assert found == {split: set(of) for split, of in COMPOSERS_OF_AUGMENTEDNET.items()}


def test_a_scheme_is_not_taken_for_the_name_of_a_composer():
    board = "asap-pitch-spelling"
    assert tuple(read_pieces(board).columns) == DESCRIBING_COLUMNS
    assert "Bach" in set(read_pieces(board)["composer"])
    assert set(split_of_pieces(board, "composer")) == set(SPLITS)


def test_unknown_schemes_and_splits_are_refused():
    assert split_schemes("asap-pitch-spelling") == ("official", "composer")
    assert split_schemes("chorale-pitch-spelling") == ("official",)
    with pytest.raises(ValueError, match="has no split scheme 'random'"):
        split_of_pieces("asap-pitch-spelling", "random")
    with pytest.raises(ValueError, match=r"no split 'dev'; accepted are train, valid, test\."):
        check_split("dev")


HEADER = "piece_id,work_id,composer,title,split_official,exclusion\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"mine has no table of pieces: neither splits/mine\.csv nor a registered one"),
        ("piece_id,title\na,A\n", "mine.csv lacks the columns composer, exclusion, split_official"),
        (HEADER + "a,w,X,A,train,\nb,w,X,A,train,\na,w,X,A,,a copy\n", "mine.csv lists 'a' twice"),
        (HEADER + "a,w,X,A,dev,\n", "the split_official of 'a' is 'dev'; accepted are train,"),
        (HEADER + "a,w,X,A,,\n", "the split_official of 'a' is ''; accepted are train, valid"),
    ],
)
def test_a_table_that_cannot_be_one_of_pieces_is_refused(tmp_path, monkeypatch, text, message):
    monkeypatch.setattr("musebench.splits.FOLDER", tmp_path)
    if text is not None:
        (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_pieces("mine")


def test_an_excluded_piece_needs_no_split(tmp_path, monkeypatch):
    monkeypatch.setattr("musebench.splits.FOLDER", tmp_path)
    (tmp_path / "fine.csv").write_text(HEADER + "a,w,X,A,train,\nb,w,X,B,,unannotated\n")
    assert read_pieces("fine")["piece_id"].tolist() == ["a"]
