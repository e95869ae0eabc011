"""What makes the tables of musebench, on toy corpora: registries, works, pieces."""

import dataclasses
import hashlib
import shutil
import zipfile

import pandas as pd
import pytest

import musebench.splits
import toy_board
from makers import pieces, works
from makers.assign import fold_by_hash, split_of_fold
from makers.registry import make_registry
from musebench.boards import BOARDS, Board, register_board
from musebench.corpora import CORPORA, Corpus
from musebench.errors import InputError
from musebench.tasks import TASKS

TITLES = sorted(toy_board.NAMES)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A mirror with the source archive of a repository of the toy scores."""
    with zipfile.ZipFile(tmp_path / f"own-{'0' * 40}.zip", "w") as archive:
        for name in TITLES:
            score = toy_board.DATA / f"{name}.musicxml"
            archive.write(score, f"own-{'0' * 7}/scores/{name}.musicxml")
        archive.writestr(f"own-{'0' * 7}/LICENSE", "CC0")
    monkeypatch.setenv("MUSEBENCH_MIRROR", str(tmp_path))
    return tmp_path


@pytest.fixture
def corpus(mirror):
    return Corpus(
        name="own_toys",
        title="the toys",
        repository="own",
        commit="0" * 40,
        license="CC0-1.0",
        citation="@misc{toys}",
        files=("scores/{piece_id}.musicxml",),
        table=mirror / "own_toys.tsv",
    )


def again(corpus):
    """The same corpus, its registry not read yet."""
    return dataclasses.replace(corpus)


def test_a_registry_lists_the_files_of_the_pieces_and_others(corpus):
    table = make_registry(corpus, ["LICENSE"])
    first = table.read_text().splitlines()[:3]
    digest = hashlib.sha256(b"CC0").hexdigest()
    assert first == [f"# own {'0' * 40}", "path\tsize\tsha256", f"LICENSE\t3\t{digest}"]
    found = again(corpus)
    assert [piece.piece_id for piece in found.pieces] == TITLES
    assert all(found.registry[f"scores/{name}.musicxml"].size > 99 for name in TITLES)


def test_a_registry_only_grows(corpus, mirror):
    table = make_registry(corpus)
    before = table.read_text()
    make_registry(again(corpus), ["LICENSE"])
    assert table.read_text().startswith(before)
    assert "LICENSE" in table.read_text().splitlines()[-1]
    table.write_text(before.replace("divisions.musicxml\t", "divisions.musicxml\t9"))
    with pytest.raises(InputError, match=r"append-only, but scores/divisions.musicxml is another"):
        make_registry(again(corpus))


def test_a_registry_needs_the_files(corpus, mirror):
    odd = dataclasses.replace(corpus, files=("{piece_id}.krn",))
    with pytest.raises(InputError, match=r"own_toys: there is no file \{piece_id\}\.krn"):
        make_registry(odd)
    (mirror / corpus.archive).unlink()
    with pytest.raises(InputError, match=r"has neither own-0+\.zip nor own/0+\. Save https://gith"):
        make_registry(corpus)


def test_registries_come_from_packages_too(tmp_path):
    pytest.importorskip("music21")
    (chorales,) = CORPORA["music21_chorales"].members
    table = shutil.copy(chorales.registry_file, tmp_path)
    copied = dataclasses.replace(chorales, table=tmp_path / "music21_chorales.tsv")
    make_registry(copied)
    assert copied.registry_file.read_bytes() == chorales.registry_file.read_bytes()
    assert str(table) == str(copied.registry_file)


@pytest.fixture
def board(corpus, mirror):
    make_registry(corpus)
    board = Board(
        name="own-notes",
        corpus=corpus,
        task=TASKS["pitch-spelling"],
        version="1.0",
        about="toys",
        table=mirror / "own-notes.csv",
    )
    with pytest.MonkeyPatch.context() as patch:
        for known in (BOARDS, musebench.splits.TABLES):
            list(known)
            patch.setattr(known, "_known", dict(known._known))
        register_board(board)
        yield board
    musebench.splits._read.cache_clear()


def test_the_table_of_a_new_board_has_all_pieces(board):
    file = pieces.write_pieces(board)
    assert file == board.table
    table = musebench.splits.read_pieces("own-notes")
    assert table["piece_id"].tolist() == TITLES
    assert table["work_id"].tolist() == [f"own-toys/{name}" for name in TITLES]
    splits = musebench.splits.split_of_pieces("own-notes").tolist()
    folds = [fold_by_hash(work) for work in table["work_id"]]
    assert splits == list(map(split_of_fold, table["work_id"], folds))
    assert musebench.splits.num_folds("own-notes") == 1  # three works cannot be in five folds


def test_what_was_corrected_by_hand_stays(board):
    file = pieces.write_pieces(board)
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table.loc[0, ["work_id", "composer", "title"]] = ["bach/bwv846", "Bach", "Prelude"]
    table.loc[1, "exclusion"] = "too short"
    table["level"] = ["easy", "hard", "easy"]
    table.iloc[:2].to_csv(file, index=False)
    pieces.write_pieces(board)
    after = pd.read_csv(file, dtype=str, keep_default_na=False)
    known = pd.read_csv(works.WORKS, dtype=str).set_index("work_id")
    assert after["piece_id"].tolist() == TITLES
    assert after.loc[0, "split_official"] == known["split"]["bach/bwv846"]
    assert after["level"].tolist() == ["easy", "hard", ""]
    assert after.loc[1, ["title", "exclusion"]].tolist() == [TITLES[1], "too short"]
    assert list(after)[-1] == "exclusion"


def test_tables_of_musebench_want_their_works(monkeypatch):
    table = pieces.MAKERS["chorale-pitch-spelling"]().assign(work_id="nobody/nothing")
    monkeypatch.setitem(pieces.MAKERS, "chorale-pitch-spelling", lambda: table)
    with pytest.raises(InputError, match=r"works.csv lacks nobody/nothing; run `python tools work"):
        pieces.write_pieces(BOARDS["chorale-pitch-spelling"])


@pytest.mark.parametrize("board", ["chorale-pitch-spelling", "augmentednet-roman-numeral"])
def test_a_published_table_is_what_its_maker_makes(board, tmp_path, monkeypatch):
    published = musebench.splits.table_of_pieces(board)
    monkeypatch.setattr(pieces, "table_of_pieces", lambda name: tmp_path / f"{name}.csv")
    assert pieces.write_pieces(BOARDS[board]).read_bytes() == published.read_bytes()


def test_works_of_a_later_corpus_go_by_their_hash(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(works, "work_of", lambda *piece: f"anon/{piece[1]}")
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    monkeypatch.setenv("MUSEBENCH_DATA", str(tmp_path / "home"))
    make_registry(corpus)
    for path in (toy_board.DATA / f"{name}.musicxml" for name in TITLES):
        target = tmp_path / corpus.folder / "scores"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    found = works.stored_pieces(corpus)
    assert [piece.work_id for piece in found] == [f"anon/{name}" for name in TITLES]
    out = tmp_path / "works.csv"
    out.write_text("work_id,composer,split,fold,num_notes\nbach/x,bach,test,0,7\n")
    works.update_works(out, found)
    rows = out.read_text().splitlines()
    assert rows[1] == "bach/x,bach,test,0,7"
    work_id, fold = found[0].work_id, fold_by_hash(found[0].work_id)
    assert rows[2].split(",")[2:4] == [split_of_fold(work_id, fold), str(fold)]
    assert int(rows[2].split(",")[4]) == found[0].num_notes > 0
