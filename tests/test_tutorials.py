"""The tutorials run as they stand, block by block; what comes from the web comes from loopback."""

import functools
import http.server
import re
import threading
from pathlib import Path

import pytest

from musebench import read_score, write_score
from musebench.boards import find_board
from musebench.store import load_notes

TUTORIALS = Path(__file__).parent.parent / "docs" / "tutorials"
ASAP = (
    "https://raw.githubusercontent.com/CPJKU/asap-dataset/4097b45757bed854818cf87e77b92323ebf90615"
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def web(tmp_path, monkeypatch):
    """A folder, and the address of a server that shows it."""
    monkeypatch.delenv("MUSEBENCH_OFFLINE", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    handler = functools.partial(Quiet, directory=tmp_path / "web")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield tmp_path / "web", f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.enable_socket
def test_pitch_spelling(web, chorale_home, tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEBENCH_DATA", str(chorale_home))
    monkeypatch.chdir(tmp_path)
    folder, address = web
    tables = load_notes(find_board("chorale-pitch-spelling").corpus).tables
    score = next(table for table in tables.values() if (table.alter != 0).mean() > 0.2)
    file = folder / "Bach" / "Fugue" / "bwv_846" / "midi_score.mid"
    file.parent.mkdir(parents=True)
    write_score(score, file)
    text = (TUTORIALS / "pitch-spelling.md").read_text("utf-8")
    namespace = {"__name__": "tutorial"}
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 9
    for block in blocks:
        joined = re.sub(r'"\n +"', "", block)  # an address in two lines
        code = joined.replace(ASAP, address)
        assert ("MIDI = (" in code) == (address in code)
        exec(compile(code, "pitch-spelling.md", "exec"), namespace)
    assert namespace["metrics"]["accuracy"] > 0.95
    assert len(namespace["y_pred"]) == namespace["metrics"]["num_pieces"] == 75
    spelled = read_score(tmp_path / "spelled.musicxml")
    assert spelled.pitch.tolist() == score.pitch.tolist()
    assert (spelled.step == score.step).mean() > 0.9
