"""Tables of texts: what is damaged is refused with the line."""

import pytest

from musebench.errors import InputError
from musebench.leaderboard.frozen import read_frozen
from musebench.leaderboard.published import read_published
from musebench.leaderboard.symmetry import read_symmetry
from musebench.leaderboard.works import read_works
from musebench.tables import read_rows, rows_of, rows_to_text

READERS = {
    "frozen.csv": read_frozen,
    "published.csv": read_published,
    "symmetry.csv": read_symmetry,
    "works.csv": lambda folder: read_works(folder / "works.csv"),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_a_table_with_other_columns_is_refused(name, text, tmp_path):
    assert not READERS[name](tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=rf"{name} must have the columns (board|entry), "):
        READERS[name](tmp_path)


def test_a_damaged_row_is_named(tmp_path):
    file = tmp_path / "t.csv"
    for row, why in (("1", "1 cells"), ("1,x", "invalid literal")):
        file.write_text(f"a,b\n1,2\n{row}\n")
        with pytest.raises(InputError, match=f"line 3, is damaged: .*{why}"):
            read_rows(file, ("a", "b"), lambda a, b: (int(a), int(b)))


def test_what_is_written_is_read(tmp_path):
    rows = [('x,"y"', "1"), ("line\nbreak", "")]
    (tmp_path / "t.csv").write_text(rows_to_text(("a", "b"), rows), newline="")
    assert read_rows(tmp_path / "t.csv", ("a", "b"), lambda a, b: (a, b)) == rows


@pytest.mark.parametrize("text", ["# from afar\na\tb\nx\t1\n", "a\tb\r\nx\t1\r\n"])
def test_a_table_may_begin_with_a_comment_and_have_tabs(text):
    assert rows_of(text, "t.tsv", ("a", "b"), lambda a, b: (a, int(b)), "\t") == [("x", 1)]
