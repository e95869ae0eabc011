"""A submission in an issue: its archive is fetched, checked, and entered into the boards.

What stands in an issue is untrusted. It is read from the event that GitHub writes into a file, so
no shell and no expression of a workflow sees it. Only an address of an attachment leaves it.
"""

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, Any

from musebench.errors import DownloadError, SubmissionError
from musebench.files import make_folder, read_file, sha256_of, write_file
from musebench.leaderboard import Repository, Review, accept, review_archive, to_markdown

ATTACHMENT = re.compile(
    r"https://github\.com/user-attachments/files/[0-9]{1,20}/[A-Za-z0-9._-]{1,100}\.zip"
)
TITLE = re.compile(r"# Review of ([0-9a-f]{64})?")
REPORTER = "github-actions[bot]"
MAX_EVENT_BYTES = 2_000_000
MAX_DOWNLOAD_BYTES = 26_000_000  # GitHub takes attachments of 25 MB
TIMEOUT_SECONDS = 60
ARCHIVE, REPORT, VERDICT = "submission.zip", "report.md", "verdict"


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Attachments are redirected to where they are stored; not to anything but https."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.startswith("https://"):
            reason = "it is redirected to an address that is not https"
            raise urllib.error.URLError(reason)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def address_in(issue: Mapping[str, Any]) -> str:
    """The address of the archive that an issue has attached.

    Raises:
        SubmissionError: If there is none, or more than one.
    """
    found: list[str] = sorted(set(ATTACHMENT.findall(issue.get("body") or "")))
    if len(found) != 1:
        msg = (
            f"the issue has {len(found)} attached archives; attach the one file that `musebench "
            "submit pack` writes (.zip)."
        )
        raise SubmissionError(msg)
    return found[0]


def download(address: str, file: Path) -> None:
    """Write the content of an https address into a file, in bounded memory.

    Raises:
        DownloadError: If it cannot be read.
        SubmissionError: If it is larger than an attachment can be.
    """
    opener = urllib.request.build_opener(_OnlyHttps())
    try:
        with opener.open(address, timeout=TIMEOUT_SECONDS) as stream:
            content = stream.read(MAX_DOWNLOAD_BYTES + 1)
    except OSError as error:
        msg = f"{address} cannot be read ({error})."
        raise DownloadError(msg) from error
    if len(content) > MAX_DOWNLOAD_BYTES:
        msg = f"the archive has more than the limit of {MAX_DOWNLOAD_BYTES:,} bytes."
        raise SubmissionError(msg)
    write_file(file, content)


def check_issue(event: Path, folder: Path) -> Review:
    """Check the archive of an issue; write the report and the verdict.

    Args:
        event: The event of the issue, as GitHub writes it.
        folder: Where the archive (unless it is there already), ``report.md`` and ``verdict`` go.

    Raises:
        DownloadError: If the archive or labels cannot be downloaded.
    """
    make_folder(folder)
    try:
        _fetch(event, folder)
        found = review_archive(Repository("."), folder / ARCHIVE)
    except SubmissionError as error:
        found = Review("an issue", refused=[*error.faults])
    write_file(folder / REPORT, to_markdown(found).encode())
    write_file(folder / VERDICT, found.verdict.encode())
    return found


def enter_issue(event: Path, comments: Path, folder: Path) -> list[Path]:
    """Write the entry of an accepted issue into the boards, and commit it.

    The archive must be the one that the last report is about: its author may have changed it.

    Args:
        event: The event of the issue, as GitHub writes it.
        comments: The comments of the issue, a list of pages as GitHub's API gives them.
        folder: Where the archive goes, unless it is there already.

    Returns:
        The committed files.

    Raises:
        SubmissionError: If it was not checked, has changed since, or does not pass.
        DownloadError: If the archive or labels cannot be downloaded.
    """
    make_folder(folder)
    _fetch(event, folder)
    checked = checked_in([comment for page in _read(comments) for comment in page])
    found = sha256_of(folder / ARCHIVE)
    if checked != found:
        msg = (
            f"the archive has the SHA-256 {found}, but the last report is about "
            f"{checked or 'none'}; edit the issue to have it checked again."
        )
        raise SubmissionError(msg)
    repository = Repository(".")
    review, files = accept(repository, folder / ARCHIVE)
    (entry,) = review.reports
    _git("add", "--", *map(str, files))
    _git("commit", "--quiet", "--message", f"Entry {entry.removeprefix('leaderboards/')}")
    return files


def checked_in(comments: Sequence[Mapping[str, Any]]) -> str | None:
    """SHA-256 of the archive that the last report of the workflow is about; None without one."""
    reports = (c["body"] for c in comments if c["user"]["login"] == REPORTER)
    found = [match[1] for body in reports if (match := TITLE.match(body))]
    return found[-1] if found else None


def _fetch(event: Path, folder: Path) -> None:
    if not (folder / ARCHIVE).exists():
        download(address_in(_read(event)["issue"]), folder / ARCHIVE)


def _read(file: Path) -> Any:
    return json.loads(read_file(file, MAX_EVENT_BYTES))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)
