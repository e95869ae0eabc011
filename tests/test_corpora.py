"""Files come from where they should, or an error says what to do."""

import hashlib
import zipfile
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import pytest

from musebench.annotations import FORMATS
from musebench.corpora import (
    ASAP,
    CORPORA,
    MUSIC21_CHORALES,
    Corpus,
    RegistryFile,
    data_home,
    fetch,
)
from musebench.errors import DownloadError, IntegrityError, OfflineError

CONTENT = {"a/score.xml": b"<score/>", "b ä, 1/score.xml": b"<other/>"}


@dataclass(frozen=True)
class ToyCorpus(Corpus):
    @cached_property
    def registry(self):
        files = {p: RegistryFile(len(c), hashlib.sha256(c).hexdigest()) for p, c in CONTENT.items()}
        return MappingProxyType(files)


@pytest.fixture
def corpus():
    return ToyCorpus(
        name="toy",
        title="the toys",
        repository="me/toys",
        commit="0" * 40,
        license="CC0-1.0",
        citation="",
        files=("{piece_id}/score.xml",),
    )


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in ("MUSEBENCH_MIRROR", "MUSEBENCH_OFFLINE", "MUSEBENCH_DATA"):
        monkeypatch.delenv(name, raising=False)


def write_tree(folder):
    for path, content in CONTENT.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def make_mirror(form, folder, corpus):
    if form == "folder":
        write_tree(folder / corpus.folder)
    else:
        (folder / "me").mkdir()
        with zipfile.ZipFile(folder / "me" / f"toys-{corpus.commit}.zip", "w") as archive:
            for path, content in CONTENT.items():
                archive.writestr(f"toys-{corpus.commit}/{path}", content)


@pytest.mark.parametrize("form", ["folder", "archives"])
def test_files_come_from_a_mirror_on_disk(form, corpus, tmp_path, monkeypatch):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    make_mirror(form, mirror, corpus)
    monkeypatch.setenv("MUSEBENCH_MIRROR", str(mirror))
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    files = fetch(corpus, CONTENT, tmp_path / "home")
    assert {path: file.read_bytes() for path, file in files.items()} == CONTENT
    assert files["a/score.xml"] == tmp_path / "home/raw/me/toys" / ("0" * 40) / "a/score.xml"


def test_offline_and_not_there_says_what_to_do(corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    with pytest.raises(
        OfflineError, match=r"a/score.xml of the toys is not in the cache and MUSEBENCH_OFFLINE"
    ):
        fetch(corpus, ["a/score.xml"], tmp_path)


def test_a_file_changed_in_the_cache_is_fetched_again(corpus, tmp_path, monkeypatch):
    write_tree(tmp_path / "mirror" / corpus.folder)
    monkeypatch.setenv("MUSEBENCH_MIRROR", str(tmp_path / "mirror"))
    (file,) = fetch(corpus, ["a/score.xml"], tmp_path).values()
    file.write_bytes(b"changed")
    fetch(corpus, ["a/score.xml"], tmp_path)
    assert file.read_bytes() == CONTENT["a/score.xml"]


def test_a_mirror_that_is_not_there_is_named(corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEBENCH_MIRROR", str(tmp_path / "nowhere"))
    with pytest.raises(
        DownloadError, match=r"nowhere', which is neither a folder nor an http\(s\)"
    ):
        fetch(corpus, CONTENT, tmp_path)


def test_a_file_outside_the_registry_is_refused(corpus, tmp_path):
    with pytest.raises(KeyError, match="toy has no file 'c'"):
        fetch(corpus, ["c"], tmp_path)


def test_a_package_of_another_version_is_refused(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda _: "9.0")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: _Spec())
    with pytest.raises(DownloadError, match=r"version 9\.0 is installed.*musebench\[chorales\]"):
        fetch(MUSIC21_CHORALES, ["corpus/bach/bwv1.6.mxl"])


class _Spec:
    submodule_search_locations = ("/nowhere",)


def test_a_changed_packaged_file_is_refused(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda _: MUSIC21_CHORALES.version)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: _Spec())
    with pytest.raises(IntegrityError, match=r"bwv1.6.mxl is missing or was changed; reinstall it"):
        fetch(MUSIC21_CHORALES, ["corpus/bach/bwv1.6.mxl"])


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(
        DownloadError, match=r"music21==10.5.1, which is not installed: pip install"
    ):
        fetch(MUSIC21_CHORALES, ["corpus/bach/bwv1.6.mxl"])


def test_the_data_home_is_chosen_by_argument_environment_and_default(tmp_path, monkeypatch):
    assert data_home().name == "musebench"
    monkeypatch.setenv("MUSEBENCH_DATA", str(tmp_path / "environment"))
    assert data_home() == tmp_path / "environment"
    assert data_home(tmp_path / "argument") == tmp_path / "argument"


@pytest.mark.parametrize("name", CORPORA)
def test_every_corpus_is_pinned_licensed_and_cited(name):
    corpus = CORPORA[name]
    assert corpus.license
    assert corpus.citation.startswith("@")
    assert len({piece.piece_id for piece in corpus.pieces}) == len(corpus.pieces) > 0
    for member in corpus.members:
        assert len(member.commit) == 40
        assert member.format in FORMATS
        for file in member.registry.values():
            assert file.size > 0
            assert len(bytes.fromhex(file.sha256)) == 32


def test_pieces_are_named_by_their_path():
    assert ASAP.pieces[0].piece_id == "Bach/Fugue/bwv_846"
    assert ASAP.pieces[0].score == "Bach/Fugue/bwv_846/xml_score.musicxml"
    assert MUSIC21_CHORALES.pieces[0].piece_id == "bwv1.6"
    assert (len(ASAP.pieces), len(MUSIC21_CHORALES.pieces)) == (239, 408)
