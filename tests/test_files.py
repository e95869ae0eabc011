"""Files that users name: what is read, what is written, and what is refused with which words."""

import errno
import os
import socket
from pathlib import Path

import pytest

from musebench.errors import InputError, StorageError
from musebench.files import (
    check_target,
    make_folder,
    printable,
    read_file,
    read_json,
    read_text,
    remove_file,
    write_file,
    writing_whole,
)

# Not in the folder of a test, whose path may be too long for a socket.
KINDS = {
    "missing": "there is no such file",
    "folder": "it is a folder",
    "pipe": "it is a pipe",
    "socket": "it is a socket",
    "device": "it is a device",
    "dangling": "there is no such file",
    "circle": r"it is not accessible \(Too many levels of symbolic links\)",
    "link-to-pipe": "it is a pipe",
    "below-a-file": "there is no such file",
    "long": r"it is not accessible \(File name too long\)",
}


def make(kind: str, folder: Path) -> Path:
    """Something of this kind, which is no regular file; its name."""
    path = folder / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        server = socket.socket(socket.AF_UNIX)
        here = Path.cwd()
        os.chdir(folder)  # its path must be short
        try:
            server.bind(kind)
        finally:
            os.chdir(here)
            server.close()
    elif kind == "device":
        path = Path("/dev/full")
    elif kind == "dangling":
        path.symlink_to(folder / "nothing")
    elif kind == "circle":
        path.symlink_to(path)
    elif kind == "link-to-pipe":
        path.symlink_to(make("pipe", folder))
    elif kind == "below-a-file":
        (folder / "a-file").touch()
        path = folder / "a-file" / "x"
    elif kind == "long":
        path = folder / ("x" * 300)
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("read", [read_file, read_text, read_json])
def test_what_is_no_regular_file_is_not_read(kind, read, tmp_path):
    path = make(kind, tmp_path)
    with pytest.raises(InputError, match=f"{path.name}: {KINDS[kind]}"):
        read(path)


def test_what_cannot_be_read_is_named(tmp_path, monkeypatch):
    file = tmp_path / "x"
    for content, read, message in (
        (b"abc\xff", read_text, r"x: it is not text in UTF-8 \(byte 3\)"),
        (b"{", read_json, "x: it is not JSON"),
        (b"[" * 100_000, read_json, "x: it is not JSON"),
        (b"abc", lambda path: read_file(path, 2), "x: it is larger than the limit of 2 bytes"),
    ):
        file.write_bytes(content)
        with pytest.raises(InputError, match=message):
            read(file)
    link = tmp_path / "link"
    link.symlink_to(file)
    assert read_file(link) == b"abc"
    with pytest.raises(InputError, match="embedded null byte"):
        read_file("a\0b")

    def refuse(self, *_):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"x: it cannot be read \(Permission denied\)"):
        read_file(file)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("folder", "is a folder; give the name of a file in it"),
        ("pipe", "is a pipe; give the name of a file"),
        ("link-to-pipe", "is a pipe; give the name of a file"),
        ("socket", "is a socket; give the name of a file"),
        ("device", "is a device; give the name of a file"),
        ("circle", "is not accessible"),
        ("long", "is not accessible"),
    ],
)
def test_what_is_no_file_is_not_written(kind, message, tmp_path):
    path = make(kind, tmp_path)
    before = path.lstat() if kind != "long" else None
    with pytest.raises(InputError, match=message):
        check_target(path)
    with pytest.raises(InputError, match=message):
        write_file(path, b"x")
    assert before is None or path.lstat().st_mode == before.st_mode


def test_what_cannot_be_written_is_refused_beforehand(tmp_path):
    (tmp_path / "a-file").touch()
    for path, message in (
        (tmp_path / "none" / "x", "there is no folder .*none; make it first"),
        (tmp_path / "a-file" / "x", "there is no folder .*a-file; make it first"),
        (Path("/proc/x"), r"the folder cannot be written to \(.*\); choose another"),
    ):
        with pytest.raises(InputError, match=message):
            check_target(path)
    with pytest.raises(InputError, match=r"x.gif: .gif cannot be written; use a picture"):
        check_target(tmp_path / "x.gif", (".svg",), "a picture")
    with pytest.raises(InputError, match=r"a-file/x cannot be created \(Not a directory\)"):
        make_folder(tmp_path / "a-file" / "x")
    assert {path.name for path in tmp_path.iterdir()} == {"a-file"}


def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path):
    file = tmp_path / "x.json"
    with writing_whole(file) as unfinished:
        unfinished.write_text("before")

    def write_half(error):
        with writing_whole(file) as unfinished:
            unfinished.write_text("half")
            raise error

    full = OSError(errno.ENOSPC, "No space left on device")
    of_another = FileNotFoundError(errno.ENOENT, "No such file or directory", "other")
    for error, expected, message in (
        (KeyboardInterrupt(), KeyboardInterrupt, None),
        (full, StorageError, r"x.json cannot be written \(No space left on device\); free some"),
        (of_another, FileNotFoundError, "other"),
    ):
        with pytest.raises(expected, match=message):
            write_half(error)
        assert file.read_text() == "before"
        assert list(tmp_path.iterdir()) == [file]


def test_a_name_may_be_as_long_as_the_disk_lets_it(tmp_path):
    write_file(tmp_path / ("x" * 255), b"x")
    assert [len(path.name) for path in tmp_path.iterdir()] == [255]


@pytest.mark.parametrize("leads_to", ["file", "nothing"])
def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path, leads_to):
    file, link, part = tmp_path / "file", tmp_path / "link", tmp_path / "link.part"
    file.write_text("mine")
    part.write_text("mine")
    link.symlink_to(tmp_path / leads_to)
    write_file(check_target(link), b"written")
    assert not link.is_symlink()
    assert [path.read_text() for path in (file, part, link)] == ["mine", "mine", "written"]
    assert not (tmp_path / "nothing").exists()


def test_what_is_removed_is_a_file(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    remove_file(tmp_path / "link")
    remove_file(tmp_path / "link")
    with pytest.raises(StorageError, match="cannot be removed"):
        remove_file(tmp_path)


def test_names_are_written_so_that_they_can_be_shown():
    assert printable("S\u00e4tze \u4e00.mid") == "S\u00e4tze \u4e00.mid"
    assert printable("a\x1b[31m\n\udcff") == "a\\x1b[31m\\n\\udcff"
    assert printable("a\nb", kept="\n") == "a\nb"
