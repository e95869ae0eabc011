"""One address -> its bytes in bounded time, with retries for faults that may pass."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import musebench

if TYPE_CHECKING:
    from requests import Response, Session

RETRIES = 3
WRONG_BYTES_RETRIES = 1
BACKOFF_SECONDS = 1.0  # doubled with each try
LONGEST_WAIT_SECONDS = 60.0  # a server that asks for more is not asked again
TIMEOUT_SECONDS = 20.0  # for a connection, and between two bytes
SHORTEST_DEADLINE_SECONDS = 30.0
SLOWEST_BYTES_PER_SECOND = 10_000
FILES_FAILED_IN_A_ROW = 3  # then a server is taken to be down
CHUNK_BYTES = 1 << 16
PASSING_STATUSES = {408, 425, 429}


class Refusal(Exception):  # noqa: N818 (an answer, caught by whoever asks the next source)
    """Why a source did not give a file, in a phrase."""


class PassingRefusal(Refusal):
    """A refusal that another try may overcome.

    Args:
        reason: A phrase.
        retries: Tries that are still worth while.
        wait_seconds: How long the server asked to be left alone.
    """

    def __init__(self, reason: str, retries: int | None = None, wait_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.retries = RETRIES if retries is None else retries
        self.wait_seconds = wait_seconds


class Web:
    """A server that is asked for files, by several threads at once.

    Args:
        stop: Once it is done, every wait ends.
    """

    def __init__(self, stop: "Future[None]") -> None:
        self.stop = stop
        self._failed_in_a_row = 0
        self._session: Session | None = None

    def get(self, url: str, size: int, check: Callable[[bytes], bytes]) -> bytes:
        """Get a file of known size.

        Args:
            url: Its address.
            size: Bytes; what goes beyond is not read.
            check: Gives the bytes back or raises ``Refusal``.

        Raises:
            Refusal: If all tries failed, or the first if no other is worth while.
        """
        if self._failed_in_a_row >= FILES_FAILED_IN_A_ROW:
            msg = f"not asked, since {self._failed_in_a_row} files in a row failed there"
            raise Refusal(msg)
        left, tries = RETRIES, 0
        while True:
            tries += 1
            try:
                content = check(self._ask(url, size))
            except PassingRefusal as refusal:
                left = min(left, refusal.retries)
                if left == 0:
                    self._failed_in_a_row += 1
                    msg = f"{refusal}, {tries} {'tries' if tries > 1 else 'try'}"
                    raise Refusal(msg) from refusal
                left -= 1
                self._pause(max(refusal.wait_seconds, BACKOFF_SECONDS * 2 ** (tries - 1)))
            else:
                self._failed_in_a_row = 0
                return content

    def _pause(self, seconds: float) -> None:
        wait([self.stop], seconds)
        self._check_stop()

    def _check_stop(self) -> None:
        if self.stop.done():
            msg = "stopped"
            raise Refusal(msg)

    def _ask(self, url: str, size: int) -> bytes:
        """Ask once, in a thread of its own: a socket's timeout starts anew with every byte."""
        self._check_stop()
        seconds = max(SHORTEST_DEADLINE_SECONDS, size / SLOWEST_BYTES_PER_SECOND)
        answer: Future[bytes] = Future()
        over = threading.Event()

        def receive() -> None:
            try:
                answer.set_result(self._receive(url, size, over))
            except BaseException as error:  # raised where the answer is waited for
                answer.set_exception(error)

        threading.Thread(target=receive, daemon=True).start()
        either: list[Future[Any]] = [answer, self.stop]
        wait(either, seconds, FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        over.set()
        self._check_stop()
        msg = f"too slow, not whole within {seconds:.0f} s"
        raise PassingRefusal(msg, retries=0)

    def _receive(self, url: str, size: int, over: threading.Event) -> bytes:
        import requests

        if self._session is None:
            self._session = requests.Session()
            self._session.headers["User-Agent"] = f"musebench/{musebench.__version__}"
        try:
            with self._session.get(url, stream=True, timeout=TIMEOUT_SECONDS) as response:
                _check_status(response)
                return _receive_body(response, size, over)
        except requests.Timeout as error:
            msg = f"no answer within {TIMEOUT_SECONDS:.0f} s"
            raise PassingRefusal(msg) from error
        except requests.ConnectionError as error:
            msg = f"connection failed ({_root_of(error)})"
            raise PassingRefusal(msg) from error
        except requests.RequestException as error:
            raise Refusal(str(error)) from error


def _check_status(response: "Response") -> None:
    status, reason = response.status_code, f"{response.status_code} {response.reason}"
    if status == 200:
        return
    if status in PASSING_STATUSES or status >= 500:
        seconds = _retry_after(response.headers.get("Retry-After", ""))
        if seconds > LONGEST_WAIT_SECONDS:
            msg = f"{reason}, to be asked again after {seconds:.0f} s"
            raise PassingRefusal(msg, retries=0)
        raise PassingRefusal(reason, wait_seconds=seconds)
    raise Refusal(reason)


def _receive_body(response: "Response", size: int, over: threading.Event) -> bytes:
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    content = bytearray()
    try:
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            content += chunk
            if len(content) > size or over.is_set():
                break
    except ReadTimeoutError as error:
        msg = f"silent for {TIMEOUT_SECONDS:.0f} s after {len(content)} of {size} bytes"
        raise PassingRefusal(msg) from error
    except HTTPError:  # a connection that broke; the length tells
        pass
    if len(content) > size:
        msg = f"wrong bytes (more than {size})"
        raise PassingRefusal(msg, WRONG_BYTES_RETRIES)
    if len(content) < size:
        msg = f"only {len(content)} of {size} bytes"
        raise PassingRefusal(msg)
    return bytes(content)


def _retry_after(header: str) -> float:
    """Seconds that a server asks for, given as such or as a date; 0 if it does not."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return 0.0


def _root_of(error: BaseException) -> BaseException:
    while error.__context__ is not None:
        error = error.__context__
    return error
