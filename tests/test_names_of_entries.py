"""Names, ids and addresses of entries, and those that are not what they seem."""

from pathlib import Path

import pytest

from made_submissions import edit
from musebench.errors import InputError, SubmissionError
from musebench.leaderboard import publish
from musebench.leaderboard.names import check_name, skeleton
from musebench.leaderboard.prepare import init_submission
from musebench.leaderboard.submission import read_submission
from toy_entries import BOARD, change_value


@pytest.mark.parametrize(
    "other",
    [
        "ps13s1",
        "PS13S1",
        "PS 13-S1",
        "ps_13_sl",
        "psI3si",
        "p\u015b13s1",  # an accent
        "\u0440\u045513\u04551",  # all letters Cyrillic
        "\u1d18s13s1",  # a small capital
    ],
)
def test_methods_whose_names_look_alike_are_refused(submit, leaderboards, home, other):
    submit("one", **{"method.name": "ps13s1"})
    submit("two", **{"method.name": other})
    fault = r"the methods of one and two have names that look alike \('ps13s1', "
    with pytest.raises(SubmissionError, match=fault):
        publish.recompute_boards(leaderboards, home)


@pytest.mark.parametrize(
    "name",
    [
        "MLP+",
        "C++",
        "v1.0",
        "Möbius",
        "Модель",
        "東京モデル BERT",
        "한국 GNN",
        "ps13s2",
        "ΑΒΓ",
        "Ps, 13 (s1)",
    ],
)
def test_other_names_are_accepted_beside_it(name):
    assert check_name(name) == name
    assert skeleton(name) != skeleton("ps13s1")


def test_pairs_of_letters_look_like_one():
    assert skeleton("MLP-rn") == skeleton("MLP m")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("\u0440\u045513s1", "mixes letters of CYRILLIC, LATIN"),
        ("\u03b2-VAE", "mixes letters of GREEK, LATIN"),
        ("\u13aa\u13b7", "has letters of CHEROKEE, a script of limited use"),
        ("\uff50s13", "is not in the normal form NFKC; write 'ps13'"),
        ("a\u0301", "is not in the normal form NFKC"),
        ("x" + "\u0323" * 3, "has more than 2 marks on one letter"),
        ("=HYPERLINK(1)", "must begin with a letter or a digit"),
        ("@everyone", "must begin with a letter or a digit"),
        ("\U0001f600", "must begin with a letter or a digit"),
        ("a\u3164b", r"contains the character U\+3164"),
        ("a\u2800", r"contains the character U\+2800"),
        ("a\ufe0f", r"contains the character U\+FE0F"),
        ("a\u00adb", r"contains the character U\+00AD"),
        ("a\U000e0100", r"contains the character U\+E0100"),
    ],
)
def test_names_that_are_not_what_they_seem_are_refused(submit, name, fault):
    folder = edit(submit("entry", seeds=[0]), change_value(["method", "name"], name))
    with pytest.raises(SubmissionError, match=rf"\$\.method\.name: {fault}"):
        read_submission(folder)


@pytest.mark.parametrize("name", ["con", "prn", "aux", "nul", "com0", "com1", "lpt9"])
def test_names_of_devices_are_no_ids(submit, leaderboards, name):
    with pytest.raises(InputError, match="is the name of a device on Windows"):
        init_submission(leaderboards / BOARD / name)
    folder = submit("entry", seeds=[0])
    for path, value in ((["id"], name), (["runs", 0, "file"], f"predictions/{name}.npz")):
        content = (folder / "submission.json").read_text()
        with pytest.raises(SubmissionError, match="is the name of a device on Windows"):
            read_submission(edit(folder, change_value(path, value)))
        (folder / "submission.json").write_text(content)


@pytest.mark.parametrize(
    "link",
    [
        "https://127.0.0.1/",
        "https://.../",
        "https://a..b.org/",
        "https://-a.org/",
        "https://a.org/..//x",
        "https://a.org/%0d%0a",
        "https://localhost/",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_lead_nowhere_are_refused(submit, link):
    folder = submit("entry", seeds=[0])
    for path in (["method", "paper_url"], ["code", "url"]):
        edit(folder, change_value(path, link))
        with pytest.raises(SubmissionError, match="is not a plain https address"):
            read_submission(folder)
        edit(folder, change_value(path, "https://example.org/@a/b?c=d#e"))
    assert read_submission(folder)


def test_names_on_the_boards_are_told_apart():
    folder = Path(__file__).parent.parent / "leaderboards"
    for board in publish.stored_standings(folder):
        names = [check_name(entry.method) for entry in board.entries]
        assert len({skeleton(name) for name in names}) == len(names)
