"""What machines read of the boards: Croissant, registry.json, the archive of a release."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from makers.release_data import write_archive
from musebench.boards import BOARDS
from musebench.leaderboard import stored_standings
from musebench.leaderboard.render.croissant import croissant, registry
from musebench.splits import read_pieces

ROOT = Path(__file__).parent.parent
STANDINGS = {found.board: found for found in stored_standings(ROOT / "leaderboards")}


@pytest.mark.parametrize("name", STANDINGS)
def test_the_croissant_of_a_board_describes_its_table(name, tmp_path):
    text = croissant(BOARDS[name], STANDINGS[name])
    content = json.loads(text)
    assert content["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert content["name"] == name
    assert content["license"].startswith("https://")
    (file,) = content["distribution"]
    table = ROOT / file["contentUrl"].partition("/main/")[2]
    assert hashlib.sha256(table.read_bytes()).hexdigest() == file["sha256"]
    head = table.read_text("utf-8").split("\n")[0].split(",")
    (records,) = content["recordSet"]
    columns = [field["source"]["extract"]["column"] for field in records["field"]]
    assert set(columns) <= set(head)
    assert {"piece_id", "work_id", "fold"} <= set(columns)
    assert all(address.startswith("https://") for address in content["isBasedOn"])


def test_mlcroissant_accepts_it(tmp_path):
    mlcroissant = pytest.importorskip("mlcroissant")
    for name, standings in STANDINGS.items():
        file = tmp_path / f"{name}.json"
        file.write_text(croissant(BOARDS[name], standings), "utf-8")
        issues = mlcroissant.Dataset(str(file)).metadata.ctx.issues
        assert not issues.errors, name


def test_the_registry_lists_every_board():
    content = json.loads(registry([*STANDINGS.values()]))
    assert [board["name"] for board in content["boards"]] == [*STANDINGS]
    for board in content["boards"]:
        pieces = read_pieces(board["name"])
        assert board["num_pieces"] == len(pieces)
        assert board["num_works"] == pieces["work_id"].nunique()
        assert board["sources"]
        assert all(source["url"].startswith("https://") for source in board["sources"])


def test_the_archive_of_a_release_is_the_same_each_time_and_has_no_score(tmp_path):
    first = write_archive(tmp_path / "a.zip", tmp_path / "one")
    second = write_archive(tmp_path / "b.zip", tmp_path / "two")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        names = archive.namelist()
    assert {f"splits/{board}.csv" for board in BOARDS} <= set(names)
    assert {"CITATION.cff", "README.txt", "splits/works.csv", "data/registry.json"} <= set(names)
    assert {Path(name).suffix for name in names} == {".csv", ".json", ".cff", ".txt"}
