"""Downloads by processes that are killed or compete, on disks that are full or read-only."""

import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bad_server import MANY, byte_by_byte, files_in, lose_patience, raw, right, toy_corpus
from musebench.corpora import fetch, web
from musebench.errors import DownloadError, StorageError

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture(autouse=True)
def _no_environment_and_no_patience(monkeypatch):
    for name in ("MUSEBENCH_MIRROR", "MUSEBENCH_OFFLINE", "MUSEBENCH_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    lose_patience(monkeypatch.setattr)


# --- Several processes ----------------------------------------------------------------------------


def main(address, home, deadline=1.2):
    """Fetch many files, as a process of its own."""
    if threading.current_thread() is threading.main_thread():
        # A shell that started the tests in the background left Ctrl-C ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    lose_patience()
    web.SHORTEST_DEADLINE_SECONDS = deadline
    try:
        fetch(toy_corpus(address, MANY), MANY, home)
    except DownloadError as error:
        sys.stdout.write(f"{type(error).__name__}: {error}\n")


def command(server, home):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
        f"import test_download_processes as t; t.main({server.address!r}, {str(home)!r}, 30)"
    )
    return [sys.executable, "-c", code]


def start_process(arguments):
    pipe = subprocess.PIPE
    return subprocess.Popen(arguments, stdout=pipe, stderr=pipe, text=True)


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def hold_all_but(server, number):
    for path in sorted(MANY)[number:]:
        server.answers[path] = [byte_by_byte, right]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, -2)])
def test_an_interrupted_download_goes_on_where_it_stopped(many, tmp_path, number, code):
    hold_all_but(many, 5)
    process = start_process(command(many, tmp_path))
    wait_for(lambda: len(files_in(raw(tmp_path))) == 5 and len(many.asked) > 5)
    interrupted = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - interrupted < 5  # the deadline, 30 s, is not waited for
    assert process.returncode == code, err
    assert ("KeyboardInterrupt" in err) == (number == signal.SIGINT)
    assert set(files_in(raw(tmp_path))) == set(sorted(MANY)[:5])

    for path in MANY:
        many.answers[path] = [right]
    fetch(toy_corpus(many.address, MANY), MANY, tmp_path)
    assert {path: file.read_bytes() for path, file in files_in(raw(tmp_path)).items()} == MANY
    assert {many.times_asked[path] for path in sorted(MANY)[:5]} == {1}


def test_two_processes_at_once_both_succeed_and_fetch_each_file_once(many, tmp_path):
    both = [start_process(command(many, tmp_path)) for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, ""), err
    assert {path: file.read_bytes() for path, file in files_in(raw(tmp_path)).items()} == MANY
    assert set(many.times_asked.values()) == {1}


def test_a_process_that_waits_says_so(many, tmp_path, caplog, capsys):
    corpus = toy_corpus(many.address, MANY)
    hold_all_but(many, 11)
    other = threading.Thread(target=main, args=(many.address, tmp_path))
    other.start()
    wait_for(lambda: len(files_in(raw(tmp_path))) == 11)
    fetch(corpus, MANY, tmp_path)
    other.join()
    assert "too slow" in capsys.readouterr().out
    assert "another process is working on" in caplog.text
    assert many.times_asked == dict.fromkeys(MANY, 1) | {"11/score.xml": 2}


# --- Disks ----------------------------------------------------------------------------------------


def in_a_room_of_its_own(script):
    """Run a shell script that mounts something, seen by no other process; skip if forbidden."""
    try:
        probe = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]
        allowed = subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        pytest.skip("may not mount")
    done = subprocess.run(
        ["unshare", "-m", "sh", "-ec", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_full_disk_is_named_keeps_what_it_has_and_goes_on(many, tmp_path):
    home = tmp_path / "small"
    home.mkdir()
    show = f"find {home} -name '*tmp*' -o -name score.xml -size -16000c"
    (tmp_path / "run.py").write_text(command(many, home)[2])
    run = f"{sys.executable} {tmp_path / 'run.py'}"
    out = in_a_room_of_its_own(
        f"mount -t tmpfs -o size=128k none {home}; {run}; {show}; "
        f"find {home} -name score.xml | wc -l; "
        f"mount -o remount,size=1m {home}; {run}; find {home} -name score.xml | wc -l"
    )
    sentence, before, after = out.splitlines()
    assert re.fullmatch(
        rf"StorageError: the disk of {raw(home)} is full \(\[Errno 28\] No space left on device.*"
        r"\). Free some space \(`musebench clean` removes outdated files\) or set MUSEBENCH_DATA "
        "to a folder on another disk. Stored files are kept, and the next try resumes from there.",
        sentence,
    )
    assert 1 <= int(before) < int(after) == len(MANY)


def test_a_read_only_cache_is_named_and_what_it_has_is_used(many, tmp_path):
    home = tmp_path / "home"
    corpus = toy_corpus(many.address, MANY)
    fetch(corpus, sorted(MANY)[:11], home)
    (tmp_path / "run.py").write_text(command(many, home)[2])
    script = (
        f"mount --bind {home} {home}; mount -o remount,ro,bind {home}; "
        f"{sys.executable} {tmp_path / 'run.py'}"
    )
    assert re.fullmatch(
        rf"StorageError: {raw(home)} cannot be written to \(\[Errno 30\] Read-only file system"
        r".*\). Make it writable, or set MUSEBENCH_DATA to a folder that is. Intact files are "
        r"used where they are.\n",
        in_a_room_of_its_own(script),
    )
    fetch(corpus, MANY, home)
    assert in_a_room_of_its_own(script) == ""
    assert set(many.times_asked.values()) == {1}


@pytest.mark.parametrize(
    ("number", "phrase"),
    [
        (errno.ENOSPC, "the disk of .* is full .*Free some space"),
        (errno.EDQUOT, "the disk of .* is full .*Free some space"),
        (errno.EROFS, "cannot be written to .*Make it writable, or set MUSEBENCH_DATA"),
        (errno.EACCES, "cannot be written to .*Make it writable, or set MUSEBENCH_DATA"),
        (errno.EIO, "cannot be used to store files .*set MUSEBENCH_DATA to another"),
    ],
)
def test_an_error_while_writing_is_named(many, tmp_path, monkeypatch, number, phrase):
    write = Path.write_bytes

    def fail(file, content):
        write(file, content[:100])
        raise OSError(number, os.strerror(number), str(file))

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(StorageError, match=phrase):
        fetch(toy_corpus(many.address, MANY), MANY, tmp_path)
    assert not files_in(raw(tmp_path))


def test_a_disk_that_loses_bytes_is_named(many, tmp_path, monkeypatch):
    write = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", lambda file, content: write(file, content[:100]))
    with pytest.raises(StorageError, match="was not stored as received; check the disk"):
        fetch(toy_corpus(many.address, MANY), [sorted(MANY)[0]], tmp_path)
    assert not files_in(raw(tmp_path))


@pytest.mark.parametrize("place", ["home", "home/raw", "home/raw/me/toys"])
def test_a_file_where_a_folder_should_be_is_named(many, tmp_path, place):
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot be used to store files .*Move away"):
        fetch(toy_corpus(many.address, MANY), MANY, tmp_path / "home")
