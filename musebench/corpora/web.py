"""Read the bytes at an address in bounded time, with retries for temporary faults."""

import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import musebench

if TYPE_CHECKING:
    from requests import Response, Session

RETRIES = 3
WRONG_BYTES_RETRIES = 1
BACKOFF_SECONDS = 1.0  # doubled with each try
LONGEST_WAIT_SECONDS = 60.0  # no retry if a server asks for a longer wait
TIMEOUT_SECONDS = 20.0  # for a connection, and between two bytes
SHORTEST_DEADLINE_SECONDS = 30.0
SLOWEST_BYTES_PER_SECOND = 10_000
FILES_FAILED_IN_A_ROW = 3  # then the server is considered down
CHUNK_BYTES = 1 << 16
STOPPED = "stopped"
PASSING_STATUSES = {408, 425, 429}
ENCODINGS = {"gzip", "x-gzip", "deflate"}  # distinguished by zlib itself


class Refusal(Exception):  # noqa: N818 (an answer, caught to try the next source)
    """Why a source did not give a file, in a phrase."""


class RetryableRefusal(Refusal):
    """A refusal that may pass if the request is repeated.

    Args:
        reason: A phrase.
        retries: Maximum number of further tries.
        wait_seconds: Wait that the server asked for.
    """

    def __init__(self, reason: str, retries: int | None = None, wait_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.retries = RETRIES if retries is None else retries
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class Body:
    """The body of an answer.

    Attributes:
        content: Its bytes, unpacked; more than the limit if it is longer.
        fault: Why it is incomplete, in a phrase; empty if it is complete.
    """

    content: bytes
    fault: str = ""


class Web:
    """A server from which several threads request files at once.

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
            size: Size in bytes; no more is read.
            check: Returns the bytes or raises ``Refusal``.

        Raises:
            Refusal: If all tries failed, or if the first failed and no retry is useful.
        """
        if self._failed_in_a_row >= FILES_FAILED_IN_A_ROW:
            msg = f"not tried, since {self._failed_in_a_row} files in a row failed there"
            raise Refusal(msg)
        left, tries = RETRIES, 0
        while True:
            tries += 1
            try:
                content = check(self._ask(url, size))
            except RetryableRefusal as refusal:
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
            raise Refusal(STOPPED)

    def _ask(self, url: str, size: int) -> bytes:
        self._check_stop()
        if self._session is None:
            self._session = _new_session()
        seconds = max(SHORTEST_DEADLINE_SECONDS, size / SLOWEST_BYTES_PER_SECOND)
        body = ask(url, size, seconds, self._session, self.stop)
        self._check_stop()
        if len(body.content) > size:
            msg = f"wrong bytes (more than {size})"
            raise RetryableRefusal(msg, WRONG_BYTES_RETRIES)
        if body.fault or len(body.content) < size:
            msg = f"only {len(body.content)} of {size} bytes"
            raise RetryableRefusal(f"{msg} ({body.fault})" if body.fault else msg)
        return body.content


def ask(
    url: str,
    most: int,
    seconds: float,
    session: "Session | None" = None,
    stop: "Future[None] | None" = None,
) -> Body:
    """Send one request, in a separate thread, since a socket's timeout restarts with every byte.

    Args:
        url: The address, http or https.
        most: Maximum number of bytes to read.
        seconds: Time for everything: connection, redirections, headers and body.
        session: Session with open connections; None for a new one.
        stop: Once it is done, do not wait for the answer.

    Raises:
        Refusal: If there is no answer, its status is not 200, or it is incomplete in time.
    """
    answer: Future[Body] = Future()
    over = threading.Event()

    def receive() -> None:
        try:
            answer.set_result(_receive(session or _new_session(), url, most, over))
        except BaseException as error:  # raised in the waiting thread
            answer.set_exception(error)

    threading.Thread(target=receive, daemon=True).start()
    either: list[Future[Any]] = [answer, *([stop] if stop else [])]
    wait(either, seconds, FIRST_COMPLETED)
    if answer.done():
        return answer.result()
    over.set()
    if stop and stop.done():
        raise Refusal(STOPPED)
    msg = f"too slow, incomplete after {seconds:.0f} s"
    raise RetryableRefusal(msg, retries=0)


def _new_session() -> "Session":
    import requests

    session = requests.Session()
    session.headers["User-Agent"] = f"musebench/{musebench.__version__}"
    session.headers["Accept-Encoding"] = "gzip, deflate"
    return session


def _receive(session: "Session", url: str, most: int, over: threading.Event) -> Body:
    import requests

    try:
        with session.get(url, stream=True, timeout=TIMEOUT_SECONDS) as response:
            _check_status(response)
            return _receive_body(response, most, over)
    except requests.Timeout as error:
        msg = f"no answer within {TIMEOUT_SECONDS:.0f} s"
        raise RetryableRefusal(msg) from error
    except requests.ConnectionError as error:
        msg = f"connection failed ({_root_of(error)})"
        raise RetryableRefusal(msg) from error
    except requests.RequestException as error:
        raise Refusal(str(error)) from error


def _check_status(response: "Response") -> None:
    status, reason = response.status_code, f"{response.status_code} {response.reason}"
    if status == 200:
        return
    if status in PASSING_STATUSES or status >= 500:
        seconds = _retry_after(response.headers.get("Retry-After", ""))
        if seconds > LONGEST_WAIT_SECONDS:
            msg = f"{reason}, retry after {seconds:.0f} s"
            raise RetryableRefusal(msg, retries=0)
        raise RetryableRefusal(reason, wait_seconds=seconds)
    raise Refusal(reason)


def _receive_body(response: "Response", most: int, over: threading.Event) -> Body:
    """Read and unpack a body, and check that it is complete."""
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    unpack = _unpacker(response.headers.get("Content-Encoding", ""))
    content, fault = bytearray(), ""
    try:
        while len(content) <= most and not over.is_set():
            chunk = response.raw.read1(CHUNK_BYTES, decode_content=False)
            if not chunk:
                break
            while chunk and len(content) <= most:
                content += unpack.decompress(chunk, most + 1 - len(content)) if unpack else chunk
                chunk = unpack.unconsumed_tail if unpack else b""
    except ReadTimeoutError:
        fault = f"then silent for {TIMEOUT_SECONDS:.0f} s"
    except HTTPError:  # the connection broke, or the body is shorter than announced
        fault = "cut off"
    except zlib.error as error:
        fault = f"damaged: {error}"
    else:
        if unpack and not unpack.eof and len(content) <= most:
            fault = "cut off"
    return Body(bytes(content), fault)


def _unpacker(encoding: str) -> Any:
    """The decompressor of a body; None if it is not compressed."""
    if (name := encoding.strip().lower()) in {"", "identity"}:
        return None
    if name not in ENCODINGS:
        msg = f"compressed as {name[:30]!r}; supported are {', '.join(sorted(ENCODINGS))}"
        raise Refusal(msg)
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)


def _retry_after(header: str) -> float:
    """Wait in seconds that a server asks for, as a number or a date; 0 if there is none."""
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
