"""A server on loopback that misbehaves in every way a server can, and a corpus that is on it."""

import gzip
import hashlib
import socket
import struct
import threading
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from musebench.corpora import Corpus, RegistryFile, web

COMMIT = "0" * 40
CONTENT = {
    f"{folder}/score.xml": f"<score>{folder}</score>".encode() * 40 for folder in ("a", "b ä, 1")
}
MANY = {f"{i:02}/score.xml": bytes([65 + i]) * 16_000 for i in range(12)}


@dataclass(frozen=True)
class ToyCorpus(Corpus):
    content: tuple = ()
    address: str = ""

    @property
    def base_url(self):
        return f"{self.address}/{self.folder}"

    @cached_property
    def registry(self):
        return {p: RegistryFile(len(c), hashlib.sha256(c).hexdigest()) for p, c in self.content}


def toy_corpus(address, content):
    return ToyCorpus(
        name="toy",
        title="the toys",
        repository="me/toys",
        commit=COMMIT,
        license="CC0-1.0",
        citation="",
        files=("{piece_id}/score.xml",),
        content=tuple(content.items()),
        address=address,
    )


# --- A server whose answers are chosen ------------------------------------------------------------


def right(handler, content):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def zipped(handler, content):
    handler.send_response(200)
    body = gzip.compress(content)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def chunked(handler, content):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for start in range(0, len(content), 7):
        part = content[start : start + 7]
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
    handler.wfile.write(b"0\r\n\r\n")


def status(code, **headers):
    def answer(handler, content):
        handler.send_response(code)
        handler.send_header("Content-Length", "0")
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


def wrong(handler, content):
    right(handler, content[:-1] + b"?")


def half(handler, content):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    handler.close_connection = True


def half_without_length(handler, content):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    handler.close_connection = True


def half_chunked(handler, content):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    part = content[: len(content) // 2]
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
    handler.close_connection = True


def half_zipped(handler, content):
    body = gzip.compress(content)
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def zipped_half(handler, content):
    """All that the headers tell, of a stream that breaks off."""
    body = gzip.compress(content)[:-20]
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def not_zipped(handler, content):
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def packed_otherwise(handler, content):
    handler.send_response(200)
    handler.send_header("Content-Encoding", "br")
    handler.end_headers()
    handler.wfile.write(content)
    handler.close_connection = True


def reset(handler, content):
    half(handler, content)
    handler.wfile.flush()
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()


def empty(handler, content):
    right(handler, b"")


def hang_up(handler, content):
    handler.close_connection = True


def silent(handler, content):
    handler.server.over.wait(20)
    handler.close_connection = True


def silent_after_half(handler, content):
    half(handler, content)
    handler.wfile.flush()
    silent(handler, content)


def endless(handler, content):
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    while not handler.server.over.is_set():
        handler.server.sent += handler.wfile.write(b"x" * 65536)


def _drip(handler, text):
    handler.close_connection = True
    for byte in text:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        if handler.server.over.wait(0.2):
            return


def byte_by_byte(handler, content):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    _drip(handler, content)


def headers_byte_by_byte(handler, content):
    _drip(handler, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000)


def redirect(handler, content):
    status(302, Location=f"/elsewhere{handler.path}")(handler, content)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = unquote(self.path).split(COMMIT + "/")[1].partition("?")[0]
        with self.server.counting:
            turn = len(self.server.asked[path])
            self.server.asked[path].append(self.headers["User-Agent"])
        answers = self.server.answers.get(path, self.server.default)
        try:
            answers[min(turn, len(answers) - 1)](self, self.server.content[path])
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.default, self.answers = content, [right], {}
        self.asked, self.counting = defaultdict(list), threading.Lock()
        self.over, self.sent = threading.Event(), 0
        self.address = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.over.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass  # clients that hang up are what the tests are about

    @property
    def times_asked(self):
        return {path: len(agents) for path, agents in self.asked.items()}


def lose_patience(set_attribute=setattr):
    set_attribute(web, "BACKOFF_SECONDS", 0.01)
    set_attribute(web, "TIMEOUT_SECONDS", 0.6)
    set_attribute(web, "SHORTEST_DEADLINE_SECONDS", 1.2)
    set_attribute(web, "LONGEST_WAIT_SECONDS", 2.0)


def files_in(folder):
    """What is stored, by path; locks are not files of a corpus."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {f.relative_to(folder).as_posix(): f for f in files if not f.name.endswith(".lock")}


def raw(home):
    return home / "raw/me/toys" / COMMIT
