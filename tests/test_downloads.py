"""Downloads from a real server on loopback that misbehaves in every way a server can."""

import os
import re
import socket
import sys
import time
import zipfile
from email.utils import formatdate

import pytest

import musebench
from bad_server import (
    COMMIT,
    CONTENT,
    MANY,
    byte_by_byte,
    chunked,
    empty,
    endless,
    files_in,
    half,
    half_chunked,
    half_without_length,
    half_zipped,
    hang_up,
    headers_byte_by_byte,
    lose_patience,
    not_zipped,
    raw,
    redirect,
    reset,
    right,
    silent,
    silent_after_half,
    status,
    toy_corpus,
    wrong,
    zipped,
    zipped_half,
)
from musebench.corpora import check_files, fetch, source_names, web
from musebench.errors import DownloadError, OfflineError

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

NAME = "a/score.xml"


@pytest.fixture(autouse=True)
def _no_environment_and_no_patience(monkeypatch):
    for name in ("MUSEBENCH_MIRROR", "MUSEBENCH_OFFLINE", "MUSEBENCH_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    lose_patience(monkeypatch.setattr)


def nobody_listens():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


# --- One file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [right, zipped, chunked, redirect])
def test_a_file_comes_from_its_address(start, tmp_path, answer):
    server = start(answer, right)
    files = fetch(toy_corpus(server.address, CONTENT), CONTENT, tmp_path)
    assert {path: file.read_bytes() for path, file in files.items()} == CONTENT
    assert set(server.asked["b ä, 1/score.xml"]) == {f"musebench/{musebench.__version__}"}


@pytest.mark.parametrize(
    ("fault", "phrase"),
    [
        (status(429), "429 Too Many Requests"),
        (status(500), "500 Internal Server Error"),
        (status(503), "503 Service Unavailable"),
        (wrong, r"wrong bytes \(640 of 640, but another SHA-256\)"),
        (half, r"only 320 of 640 bytes \(cut off\)"),
        (half_without_length, "only 320 of 640 bytes"),
        (half_chunked, r"only 320 of 640 bytes \(cut off\)"),
        (half_zipped, r"only [0-9]+ of 640 bytes \(cut off\)"),
        (zipped_half, r"only [0-9]+ of 640 bytes \(cut off\)"),
        (not_zipped, r"only 0 of 640 bytes \(damaged: .* incorrect header check\)"),
        (reset, r"only (0|320) of 640 bytes \(cut off\)|connection failed \(.*reset by peer\)"),
        (empty, "only 0 of 640 bytes"),
        (hang_up, r"connection failed \(Remote end closed connection without response\)"),
        (silent, "no answer within 1 s"),
        (silent_after_half, r"only 320 of 640 bytes \(then silent for 1 s\)"),
        (endless, r"wrong bytes \(more than 640\)"),
    ],
)
def test_a_fault_that_passes_is_overcome_and_one_that_stays_is_named(
    start, tmp_path, monkeypatch, fault, phrase
):
    corpus = toy_corpus((server := start(fault, right)).address, CONTENT)
    assert fetch(corpus, [NAME], tmp_path)[NAME].read_bytes() == CONTENT[NAME]
    assert server.times_asked == {NAME: 2}

    corpus = toy_corpus((server := start(fault)).address, CONTENT)
    monkeypatch.setattr(web, "RETRIES", 1)
    sentence = (
        rf"^a/score.xml of the toys could not be downloaded \({server.address}/me/toys/0+/a/"
        rf"score.xml: ({phrase}), 2 tries\). By hand: save {server.address}/me/toys/0+/a/score.xml "
        rf"\(SHA-256 {corpus.registry[NAME].sha256}\) as {tmp_path}/2/raw/me/toys/0+/a/score.xml, "
        "or set MUSEBENCH_MIRROR to a folder that has it.$"
    )
    with pytest.raises(DownloadError, match=sentence):
        fetch(corpus, [NAME], tmp_path / "2")
    assert server.times_asked == {NAME: 2}
    assert not files_in(tmp_path / "2")


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_what_a_server_refuses_for_good_is_asked_once(start, tmp_path, code):
    server = start(status(code))
    with pytest.raises(DownloadError, match=rf"could not be downloaded .*: {code} .*By hand: save"):
        fetch(toy_corpus(server.address, CONTENT), [NAME], tmp_path)
    assert server.times_asked == {NAME: 1}
    assert not files_in(tmp_path)


def test_wrong_bytes_are_asked_for_once_more_only(start, tmp_path):
    server = start(wrong)
    with pytest.raises(DownloadError, match="wrong bytes"):
        fetch(toy_corpus(server.address, CONTENT), [NAME], tmp_path)
    assert server.times_asked == {NAME: 2}


def test_retry_after_in_seconds_is_honoured(start, tmp_path):
    server = start(status(429, Retry_After="1"), right)
    started = time.monotonic()
    fetch(toy_corpus(server.address, CONTENT), [NAME], tmp_path)
    assert 1 <= time.monotonic() - started < 3


def test_retry_after_as_a_date_is_honoured(start, tmp_path):
    at = time.time() + 1.5  # a date has whole seconds: 0.5 to 1.5 s from now
    server = start(status(503, Retry_After=formatdate(at, usegmt=True)), right)
    started = time.monotonic()
    fetch(toy_corpus(server.address, CONTENT), [NAME], tmp_path)
    assert 0.3 < time.monotonic() - started < 3


def test_a_server_that_wants_to_be_left_alone_for_long_is(start, tmp_path):
    server = start(status(429, Retry_After="3600"))
    with pytest.raises(DownloadError, match="429 Too Many Requests, retry after 3600 s, 1 try"):
        fetch(toy_corpus(server.address, CONTENT), [NAME], tmp_path)
    assert server.times_asked == {NAME: 1}


def test_a_retry_after_that_is_nonsense_is_ignored(start, tmp_path):
    server = start(status(429, Retry_After="soon"), right)
    fetch(toy_corpus(server.address, CONTENT), [NAME], tmp_path)


@pytest.mark.parametrize("answer", [byte_by_byte, headers_byte_by_byte])
def test_a_byte_now_and_then_ends_in_bounded_time(start, tmp_path, answer):
    server = start(answer)
    started = time.monotonic()
    with pytest.raises(DownloadError, match=r"too slow, incomplete after 1 s, 1 try\). By hand"):
        fetch(toy_corpus(server.address, CONTENT), [NAME], tmp_path)
    assert time.monotonic() - started < 4
    assert not files_in(tmp_path)


def test_time_is_given_by_size(start, tmp_path, monkeypatch):
    monkeypatch.setattr(web, "SHORTEST_DEADLINE_SECONDS", 0.0)
    monkeypatch.setattr(web, "SLOWEST_BYTES_PER_SECOND", 640)
    with pytest.raises(DownloadError, match="incomplete after 1 s"):
        fetch(toy_corpus(start(byte_by_byte).address, CONTENT), [NAME], tmp_path)


def test_what_is_too_long_is_cut_off(start, tmp_path):
    server = start(endless)
    with pytest.raises(DownloadError, match="more than 640"):
        fetch(toy_corpus(server.address, CONTENT), [NAME], tmp_path)
    time.sleep(0.2)
    sent = server.sent
    time.sleep(0.2)
    assert server.sent == sent  # nobody listens any more
    assert not files_in(tmp_path)


def test_a_server_that_is_not_there(tmp_path):
    with pytest.raises(DownloadError, match=r"connection failed \(.*Connection refused\), 4 tries"):
        fetch(toy_corpus(nobody_listens(), CONTENT), [NAME], tmp_path)


def test_a_password_is_not_told(start, tmp_path, monkeypatch):
    mirror, pinned = start(status(404)), start(status(404))
    monkeypatch.setenv("MUSEBENCH_MIRROR", mirror.address.replace("//", "//me:secret@"))
    with pytest.raises(DownloadError, match=rf"\({mirror.address}\S+: 404 Not Found; ") as raised:
        fetch(toy_corpus(pinned.address, CONTENT), [NAME], tmp_path)
    assert mirror.asked
    assert "secret" not in str(raised.value)


def test_an_address_that_is_none_is_named(start, tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEBENCH_MIRROR", "http://")
    with pytest.raises(DownloadError, match="Invalid URL"):
        fetch(toy_corpus(start(status(404)).address, CONTENT), [NAME], tmp_path)


# --- Several sources ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [status(404), status(403), status(503), wrong, half, hang_up])
def test_what_the_mirror_does_not_give_comes_from_the_pinned_address(
    start, tmp_path, monkeypatch, fault
):
    mirror, pinned = start(fault), start()
    monkeypatch.setenv("MUSEBENCH_MIRROR", f"{mirror.address}/")
    corpus = toy_corpus(pinned.address, CONTENT)
    assert fetch(corpus, [NAME], tmp_path)[NAME].read_bytes() == CONTENT[NAME]
    assert mirror.times_asked[NAME] >= 1
    assert source_names(corpus) == [f"{s.address}/me/toys/{COMMIT}" for s in (mirror, pinned)]


def test_what_the_mirror_gives_is_not_asked_elsewhere(start, tmp_path, monkeypatch):
    mirror, pinned = start(), start()
    monkeypatch.setenv("MUSEBENCH_MIRROR", mirror.address)
    fetch(toy_corpus(pinned.address, CONTENT), CONTENT, tmp_path)
    assert not pinned.asked


def test_the_error_tells_what_each_source_answered(start, tmp_path, monkeypatch):
    mirror, pinned = start(status(403)), start(status(404))
    monkeypatch.setenv("MUSEBENCH_MIRROR", mirror.address)
    with pytest.raises(
        DownloadError,
        match=rf"\({mirror.address}\S+: 403 Forbidden; {pinned.address}\S+: 404 Not Found\)",
    ):
        fetch(toy_corpus(pinned.address, CONTENT), [NAME], tmp_path)


@pytest.mark.parametrize(
    ("copy", "phrase"),
    [
        (None, "is missing"),
        (b"half", "has 4 bytes instead of 640"),
        (b"?" * 640, "was changed"),
    ],
)
def test_a_bad_copy_in_a_mirror_folder_is_passed_over(start, tmp_path, monkeypatch, copy, phrase):
    mirror = tmp_path / "mirror"
    file = mirror / "me/toys" / COMMIT / NAME
    file.parent.mkdir(parents=True)
    if copy is not None:
        file.write_bytes(copy)
    monkeypatch.setenv("MUSEBENCH_MIRROR", str(mirror))
    with pytest.raises(DownloadError, match=rf"\({file}: {phrase}.*; .*404 Not Found"):
        fetch(toy_corpus(start(status(404)).address, CONTENT), [NAME], tmp_path / "home")
    server = start()
    fetch(toy_corpus(server.address, CONTENT), [NAME], tmp_path / "home")
    assert server.times_asked == {NAME: 1}


def half_an_archive(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def spoil_an_archive(file):
    content = file.read_bytes()
    assert CONTENT[NAME] in content
    file.write_bytes(content.replace(CONTENT[NAME], CONTENT[NAME][::-1]))


def lose_a_file(file):
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("something", "else")


@pytest.mark.parametrize(
    ("harm", "phrase"),
    [
        (half_an_archive, r"the archive .*File is not a zip file\): download it again"),
        (spoil_an_archive, r"the archive is damaged \(Bad CRC-32.*\): download it again"),
        (lose_a_file, "is missing"),
    ],
)
def test_a_bad_archive_in_a_mirror_is_passed_over(start, tmp_path, monkeypatch, harm, phrase):
    file = tmp_path / "mirror/me" / f"toys-{COMMIT}.zip"
    file.parent.mkdir(parents=True)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"toys-{COMMIT}/{NAME}", CONTENT[NAME])
    harm(file)
    monkeypatch.setenv("MUSEBENCH_MIRROR", str(tmp_path / "mirror"))
    corpus = toy_corpus(start().address, CONTENT)
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    with pytest.raises(OfflineError, match=rf"MUSEBENCH_OFFLINE is set \(\S+zip, .*: {phrase}\)"):
        fetch(corpus, [NAME], tmp_path / "home")
    monkeypatch.delenv("MUSEBENCH_OFFLINE")
    assert fetch(corpus, [NAME], tmp_path / "home")[NAME].read_bytes() == CONTENT[NAME]


def test_offline_asks_no_server(start, tmp_path, monkeypatch):
    server = start()
    monkeypatch.setenv("MUSEBENCH_MIRROR", server.address)
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    with pytest.raises(OfflineError, match=r"a/score.xml of the toys \(and 1 more\) is not in"):
        fetch(toy_corpus(server.address, CONTENT), CONTENT, tmp_path)
    assert not server.asked
    assert not list(tmp_path.iterdir())


# --- Many files -----------------------------------------------------------------------------------


def test_one_error_for_many_files_and_the_next_try_goes_on(many, tmp_path):
    bad = sorted(MANY)[2:9]
    many.answers = {path: [status(404), right] for path in bad}
    corpus = toy_corpus(many.address, MANY)
    with pytest.raises(DownloadError) as raised:
        fetch(corpus, MANY, tmp_path)
    first, *lines = str(raised.value).splitlines()
    assert first == (
        "7 files of the toys could not be downloaded; 5 are stored, and the next try resumes from "
        "there."
    )
    assert [line.split(" (")[0].strip() for line in lines[:3]] == bad[:3]
    assert all(re.search(r"404 Not Found\). By hand: save http\S+ \(SHA", s) for s in lines[:3])
    assert lines[3:] == [
        "  And 4 more.",
        "Or set MUSEBENCH_MIRROR to a folder or an http(s) address that has them under "
        f"me/toys/{COMMIT}/.",
    ]
    assert set(files_in(raw(tmp_path))) == set(MANY) - set(bad)
    fetch(corpus, MANY, tmp_path)
    assert many.times_asked == {path: 1 + (path in bad) for path in MANY}


def test_a_server_that_is_down_is_not_asked_for_every_file(start, tmp_path, monkeypatch):
    server = start(status(503), content=MANY)
    monkeypatch.setattr("musebench.corpora.download.DOWNLOADS_AT_ONCE", 1)
    monkeypatch.setattr(web, "RETRIES", 1)
    with pytest.raises(DownloadError, match="12 files of the toys could not be downloaded; 0"):
        fetch(toy_corpus(server.address, MANY), MANY, tmp_path)
    assert set(server.times_asked.values()) == {2}
    assert len(server.asked) == 3

    mirror, pinned = start(hang_up, content=MANY), start(content=MANY)
    monkeypatch.setenv("MUSEBENCH_MIRROR", mirror.address)
    fetch(toy_corpus(pinned.address, MANY), MANY, tmp_path)
    assert len(mirror.asked) == 3


def test_what_was_left_half_written_is_not_taken_for_a_file(many, tmp_path):
    corpus = toy_corpus(many.address, MANY)
    left, damaged = raw(tmp_path) / "03/tmpabcd_123", raw(tmp_path) / "05/score.xml"
    for file in (left, damaged):
        file.parent.mkdir(parents=True)
        file.write_bytes(b"half")
    assert check_files(corpus, MANY, tmp_path)["05/score.xml"] == "has 4 bytes instead of 16000"
    fetch(corpus, MANY, tmp_path)
    assert {path: file.read_bytes() for path, file in files_in(raw(tmp_path)).items()} == MANY


def test_files_can_be_read_by_whom_the_umask_lets(many, tmp_path):
    umask = os.umask(0o022)
    try:
        fetch(toy_corpus(many.address, MANY), MANY, tmp_path)
    finally:
        os.umask(umask)
    assert {f.stat().st_mode & 0o777 for f in files_in(raw(tmp_path)).values()} == {0o644}


# --- The progress bar -----------------------------------------------------------------------------


def test_the_bar_counts_bytes_on_a_terminal_and_is_silent_elsewhere(
    many, tmp_path, monkeypatch, capsys
):
    corpus = toy_corpus(many.address, MANY)
    fetch(corpus, MANY, tmp_path / "1")
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    fetch(corpus, MANY, tmp_path / "2")
    assert re.search(r"toy:.*/192k", capsys.readouterr().err)
