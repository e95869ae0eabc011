"""What all tests share: own toy scores, and one data home for the real chorales."""

import importlib.util
import os
from importlib.machinery import ExtensionFileLoader
from pathlib import Path

import pytest

from bad_server import CONTENT, MANY, Server, right

DATA = Path(__file__).parent / "data"


@pytest.fixture
def toy() -> Path:
    """Folder of own toy scores."""
    return DATA


@pytest.fixture(scope="session")
def chorale_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home in which the chorales are built once a session."""
    if importlib.util.find_spec("music21") is None:
        pytest.skip("the chorales of music21 are not installed")
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def asap_mirror() -> Path:
    """The mirror, if MUSEBENCH_MIRROR is a folder that has ASAP."""
    mirror = Path(os.environ.get("MUSEBENCH_MIRROR", "/nowhere"))
    if not (mirror / "CPJKU").is_dir():
        pytest.skip("MUSEBENCH_MIRROR has no ASAP")
    return mirror


@pytest.fixture(scope="session")
def graphmuse_core():
    """GraphMuse 0.0.5's C module, loaded by path: the package itself needs more than its wheel."""
    spec = importlib.util.find_spec("graphmuse")
    if spec is None:
        pytest.skip("graphmuse==0.0.5 is not installed (pip install --no-deps graphmuse==0.0.5)")
    (library,) = Path(spec.submodule_search_locations[0]).glob("samplers/csamplers.*")
    loader = ExtensionFileLoader("csamplers", str(library))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("csamplers", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def start():
    """Start servers that answer in turn as they are told; the last answer is repeated."""
    servers = []

    def start_server(*answers, content=CONTENT):
        server = Server(content)
        server.default = answers or [right]
        servers.append(server)
        return server

    yield start_server
    for server in servers:
        server.stop()


@pytest.fixture
def many(start):
    """A server with many files."""
    return start(content=MANY)
