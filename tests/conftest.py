"""What all tests share: own toy scores, and one data home for the real chorales."""

import importlib.util
import os
import shutil
from functools import partial
from importlib.machinery import ExtensionFileLoader
from io import BytesIO
from pathlib import Path

import mido
import pytest

import made_clone
import made_submissions
import toy_board
from bad_server import CONTENT, MANY, Server, right
from made_songs import song  # noqa: F401 (a fixture)
from musebench.models import released

DATA = Path(__file__).parent / "data"
SLOW = (
    *("asap-performance", "augmentednet-roman-numeral", "lieder-melody"),
    *("openscore-pitch-spelling", "openscore-staff-separation", "openscore-voice-separation"),
)


@pytest.fixture
def toy() -> Path:
    """Folder of own toy scores."""
    return DATA


@pytest.fixture(autouse=True)
def _nothing_is_released(monkeypatch):
    """Tests say themselves which checkpoints are released."""
    monkeypatch.setattr(released, "REGISTRY", DATA / "nothing_released.tsv")


@pytest.fixture(scope="session")
def chorale_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home in which the chorales, and what else is at hand, are built once a session.

    The processes of a session share it. ``MUSEBENCH_TEST_HOME`` names a folder that is kept for the
    next session.
    """
    if importlib.util.find_spec("music21") is None:
        pytest.skip("the chorales of music21 are not installed")
    kept = os.environ.get("MUSEBENCH_TEST_HOME")
    if kept:
        return Path(kept)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return tmp_path_factory.mktemp("home")
    home = tmp_path_factory.getbasetemp().parent / "home"  # that of the session, not of the process
    home.mkdir(exist_ok=True)
    return home


@pytest.fixture(scope="session")
def asap_mirror() -> Path:
    """The mirror, if MUSEBENCH_MIRROR is a folder that has ASAP."""
    mirror = Path(os.environ.get("MUSEBENCH_MIRROR", "/nowhere"))
    if not (mirror / "CPJKU").is_dir():
        pytest.skip("MUSEBENCH_MIRROR has no ASAP")
    return mirror


@pytest.fixture(scope="session")
def dcml_mirror() -> Path:
    """The mirror, if MUSEBENCH_MIRROR is a folder that has the corpora of DCML."""
    mirror = Path(os.environ.get("MUSEBENCH_MIRROR", "/nowhere"))
    if not (mirror / "DCMLab").is_dir():
        pytest.skip("MUSEBENCH_MIRROR has no DCML corpora")
    return mirror


@pytest.fixture(scope="session")
def at_hand(request):
    """Skips what needs the scores of a board that are not at hand, or take minutes to read."""

    def check(board):
        if board in SLOW and not os.environ.get("MUSEBENCH_TEST_EVERYTHING"):
            pytest.skip("its scores take minutes to read: MUSEBENCH_TEST_EVERYTHING=1")
        corpus = board.partition("-")[0]
        if corpus != "chorale":
            request.getfixturevalue("dcml_mirror" if corpus == "dcml" else "asap_mirror")

    return check


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


@pytest.fixture
def midi():
    """A builder of MIDI files."""
    return Midi


class Midi:
    """Builds MIDI files in memory."""

    @staticmethod
    def build(tracks, ticks=480, **header):
        """A MIDI file of tracks, each a list of (tick, message)."""
        file = mido.MidiFile(ticks_per_beat=ticks, **header)
        for events in tracks:
            track = mido.MidiTrack()
            now = 0
            for tick, message in sorted(events, key=lambda event: event[0]):
                track.append(message.copy(time=tick - now))
                now = tick
            file.tracks.append(track)
        stream = BytesIO()
        file.save(file=stream)
        return stream.getvalue()

    @staticmethod
    def note(onset, duration, pitch, channel=0):
        """Note on and off."""
        return [
            (onset, mido.Message("note_on", note=pitch, velocity=64, channel=channel)),
            (onset + duration, mido.Message("note_off", note=pitch, velocity=0, channel=channel)),
        ]

    @staticmethod
    def meter(tick, beats, beat_type):
        return (tick, mido.MetaMessage("time_signature", numerator=beats, denominator=beat_type))

    @staticmethod
    def key(tick, name):
        return (tick, mido.MetaMessage("key_signature", key=name))

    @staticmethod
    def name(text):
        return (0, mido.MetaMessage("track_name", name=text))

    @staticmethod
    def toy_duet():
        """Two tracks in 3/4, then 2/4; E flat major, then two sharps in the first; a unison."""
        right = [Midi.name("Right"), Midi.meter(0, 3, 4), Midi.key(0, "Eb"), Midi.key(1440, "D")]
        right += (
            Midi.note(0, 480, 75)
            + Midi.note(480, 240, 70)
            + Midi.note(720, 160, 61)
            + Midi.note(880, 160, 62)
        )
        right += (
            Midi.note(1440, 480, 66)
            + Midi.note(1440, 960, 66)
            + Midi.note(1920, 480, 69, channel=1)
        )
        left = [Midi.name("Left"), Midi.key(0, "Eb"), Midi.meter(1440, 2, 4)]
        left += Midi.note(0, 1440, 39) + Midi.note(1440, 960, 50)
        return Midi.build([right, left])


@pytest.fixture
def toys(monkeypatch, tmp_path):
    """The class of the toy dataset, whose scores come from a folder and never from the network."""
    toy_board.register(monkeypatch, tmp_path / "mirror")
    return toy_board.dataset_class()


@pytest.fixture(scope="session")
def built_toys(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        toy_board.register(patch, tmp_path_factory.mktemp("mirror"))
        home = tmp_path_factory.mktemp("toys")
        toy_board.dataset_class()(home, n_jobs=1, pre_transform=toy_board.unchanged)
    return home


@pytest.fixture
def home(built_toys, tmp_path):
    """A data home in which the toy dataset is built."""
    return shutil.copytree(built_toys, tmp_path / "home")


@pytest.fixture
def leaderboards(home, toys, tmp_path):
    """An empty folder of boards, of which the toy board is the only one."""
    (tmp_path / "leaderboards" / toy_board.BOARD.name).mkdir(parents=True)
    with made_submissions.only_the_toy_board():
        yield tmp_path / "leaderboards"


@pytest.fixture(scope="session")
def base_of_clones(tmp_path_factory, built_toys):
    return made_clone.make_base(tmp_path_factory.mktemp("base"), built_toys)


@pytest.fixture
def clone(base_of_clones, tmp_path, home, leaderboards):
    """A clone with two entries on the toy board, on the branch that will be submitted."""
    shutil.copytree(base_of_clones, tmp_path / "base", dirs_exist_ok=True)
    clone = made_clone.Clone(tmp_path / "base/clone", home)
    clone.git("checkout", "--quiet", "-b", "submitted")
    return clone


@pytest.fixture
def folded(leaderboards, monkeypatch):
    """Gives each piece of the toy board a fold of its own."""
    toy_board.fold(monkeypatch)


@pytest.fixture
def submit(leaderboards, home):
    """Makes a submission to the toy board."""
    return partial(made_submissions.make, leaderboards, home)
