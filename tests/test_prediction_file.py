"""Prediction files: they come back as they were, and nothing hostile gets in."""

import io
import json
import resource
import struct
import time
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toy_board
from musebench.errors import PredictionError
from musebench.evaluation import Evaluator, check_origin, read_predictions, write_predictions
from musebench.evaluation.prediction_file import ABOUT
from musebench.evaluation.safe_npz import MAX_FILE_BYTES, read_npz
from musebench.store import load_notes

BOARD = toy_board.BOARD.name
MAX_SECONDS, MAX_GROWTH_KIB = 2.0, 100_000


@pytest.fixture
def piano(home, toys):
    """Classes of the only test piece of the toy board."""
    notes = load_notes(toy_board.CORPUS, home).tables["piano"]
    return {"piano": {"spelling": np.arange(len(notes)) % 35}}


@pytest.fixture
def written(home, piano, tmp_path):
    write_predictions(tmp_path / "p.npz", BOARD, "test", piano, seed=5, root=home)
    return tmp_path / "p.npz"


def test_predictions_come_back_as_they_were(written, piano, home):
    file = read_predictions(written)
    assert (file.board, file.version, file.split, file.split_scheme) == (
        BOARD,
        "1.0",
        "test",
        "official",
    )
    assert file.seed == 5
    assert file.y_pred["piano"]["spelling"].dtype == np.uint8
    assert file.y_pred["piano"]["spelling"].tolist() == piano["piano"]["spelling"].tolist()
    check_origin(file, Evaluator(BOARD, root=home))


@pytest.mark.parametrize("form", [np.float32, np.uint8])
def test_scores_come_back_as_half_precision(piano, home, tmp_path, form):
    classes = piano["piano"]["spelling"]
    scores = (200 * np.random.default_rng(0).random((len(classes), 35))).astype(form)
    y_pred = {"piano": {"spelling": classes, "spelling_score": scores}}
    write_predictions(tmp_path / "p.npz", BOARD, "test", y_pred, root=home)
    found = read_predictions(tmp_path / "p.npz").y_pred
    assert found["piano"]["spelling_score"].dtype == np.float16
    np.testing.assert_allclose(found["piano"]["spelling_score"], scores, rtol=1e-3)
    evaluator = Evaluator(BOARD, root=home)
    assert evaluator.reliabilities({"y_pred": found}).keys() == {"spelling_score"}
    assert evaluator.eval({"y_pred": found}) == evaluator.eval({"y_pred": piano})
    narrow = rewrite(tmp_path / "p.npz", spelling_score=scores[:, :3])
    with pytest.raises(PredictionError, match="one score per note and class; got shape"):
        evaluator.eval({"y_pred": read_predictions(narrow).y_pred})
    alone = rewrite(tmp_path / "p.npz", key_signature_score=np.ones((len(classes), 15)))
    with pytest.raises(PredictionError, match="'key_signature_score' is given without 'key_sig"):
        evaluator.eval({"y_pred": read_predictions(alone).y_pred})
    with pytest.raises(PredictionError, match=r"must have .* numbers, one per prediction"):
        read_predictions(rewrite(tmp_path / "p.npz", spelling_score=np.array(1.0)))


@pytest.mark.usefixtures("toys")
def test_numbers_beyond_half_precision_are_not_written(piano, home, tmp_path):
    classes = piano["piano"]["spelling"]
    y_pred = {"piano": {"spelling": classes, "spelling_score": np.full((len(classes), 35), 1e6)}}
    with pytest.raises(PredictionError, match=r"a number is 1e.06; files hold numbers up to 65504"):
        write_predictions(tmp_path / "p.npz", BOARD, "test", y_pred, root=home)


def test_the_same_predictions_give_the_same_bytes(written, piano, home):
    before = written.read_bytes()
    write_predictions(written, BOARD, "test", piano, seed=5, root=home)
    assert written.read_bytes() == before


@pytest.mark.usefixtures("toys")
def test_wrong_predictions_are_not_written(home, tmp_path):
    with pytest.raises(PredictionError, match=r"none of the 1 predicted pieces"):
        write_predictions(tmp_path / "p.npz", BOARD, "test", {"duet": [1]}, root=home)
    assert not list(tmp_path.glob("p.npz*"))


def test_another_order_of_notes_is_refused(written, home):
    evaluator = Evaluator(BOARD, root=home)
    changed = rewrite(written, about={"order_sha256": "0" * 64})
    with pytest.raises(PredictionError, match=r"its values belong to other notes"):
        check_origin(read_predictions(changed), evaluator)
    changed = rewrite(written, about={"version": "0.9"})
    with pytest.raises(PredictionError, match=r"it is for version 0.9"):
        check_origin(read_predictions(changed), evaluator)


def rewrite(file, about=None, **arrays):
    """The file with some of what it says, and some of its arrays, replaced; None removes one."""
    with np.load(file) as stored:
        content = {name: stored[name] for name in stored}
    said = json.loads(str(content["about"])) | (about or {})
    content["about"] = np.array(json.dumps(said))
    content = {k: v for k, v in (content | arrays).items() if v is not None}
    changed = file.with_name("changed.npz")
    np.savez_compressed(changed, allow_pickle=True, **content)
    return changed


def archive_of(file, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file


def npy(shape, descr="|u1", content=b"", header=None):
    """An array file that says of itself what it likes."""
    text = header or f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    text = text.encode("latin1") + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + content


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


def pickled():
    stream = io.BytesIO()
    np.save(stream, np.array([Evil()], dtype=object), allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("spelling.npy", pickled())], "has the dtype object"),
        ([("spelling.npy", npy((10**15,)))], "has the shape"),
        ([("spelling.npy", npy((1000, 1000, 1000)))], "has the shape"),
        ([("spelling.npy", npy((50_000_000,)))], "does not have the size that its header"),
        ([("spelling.npy", npy((-1,)))], "has the shape"),
        ([("spelling.npy", npy(2))], "no readable header"),
        ([("spelling.npy", npy((2,), "<u1,<u2"))], "no readable header|has the dtype"),
        ([("spelling.npy", npy((2,), "<M8[s]", b"0" * 16))], "has the dtype"),
        ([("spelling.npy", npy(0, header="__import__('os').abort()"))], "no readable header"),
        ([("spelling.npy", npy(0, header="(" * 1500 + ")" * 1500))], "no readable header"),
        ([("spelling.npy", b"")], "no readable header"),
        ([("../spelling.npy", npy((1,), content=b"0"))], "has a name that no array can have"),
        ([("/etc/passwd", b"root")], "has a name that no array can have"),
        ([("spelling.py", b"print()")], "has a name that no array can have"),
        ([(f"a{i}.npy", b"") for i in range(40)], "more than the limit of 32"),
        ([("a.npy", b"\0" * 65_000_000)], "unpacks to more than"),
    ],
)
def test_hostile_archives_are_refused(tmp_path, members, message):
    file = archive_of(tmp_path / "p.npz", members)
    with pytest.raises(PredictionError, match=message):
        read_predictions(file)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_may_come_once(tmp_path):
    members = [("a.npy", npy((1,), content=b"0"))] * 2
    with pytest.raises(PredictionError, match="it contains a member twice"):
        read_predictions(archive_of(tmp_path / "p.npz", members))


def test_unusual_compression_is_refused(tmp_path):
    members = [("a.npy", npy((1,), content=b"0"))]
    with pytest.raises(PredictionError, match="packed in an unusual way"):
        read_predictions(archive_of(tmp_path / "p.npz", members, zipfile.ZIP_BZIP2))


def test_every_byte_of_an_archive_is_accounted_for(tmp_path):
    """A zip archive is read from its end; what stands before or within it would not be seen."""
    file = archive_of(tmp_path / "p.npz", [("a.npy", npy((1,), content=b"0"))])
    right = file.read_bytes()
    assert read_npz(file)["a"].tolist() == [48]
    packed = zlib.compress(npy((1,), content=b"0"), wbits=-15)
    at = right.index(packed) + len(packed)
    directory = len(right) - right.index(b"PK\x01\x02")

    def with_longer_data(rest):
        """The member, its data followed by something that unpacking would not look at."""
        size = len(packed) + len(rest)
        longer = bytearray(right[:at] + rest + right[at:])
        struct.pack_into("<I", longer, 18, size)
        struct.pack_into("<I", longer, len(longer) - directory + 20, size)
        struct.pack_into("<I", longer, len(longer) - 6, len(right) - directory + len(rest))
        return bytes(longer)

    def comment(archive):
        archive.comment = b"x"

    def extra(archive):
        info = zipfile.ZipInfo("b.npy")
        info.extra = b"XX\x02\x00yy"
        archive.writestr(info, npy((1,), content=b"0"))

    def note(archive):
        archive.infolist()[0].comment = b"x"
        archive.comment = b""

    def rewritten(change):
        with zipfile.ZipFile(file, "a") as archive:
            change(archive)
        return file.read_bytes()

    for content, message in (
        (b"#!/bin/sh\nexit\n" + right, "does not begin as a zip archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
        (b"", "does not begin as a zip archive"),
        (right + b"x", "extra data after its end"),
        (right[:at] + b"x" + right[at:], "extra data between"),
        (right[:-1], "a truncated zip archive"),
        (right[:-directory], "its end record does not|truncated|extra data between"),
        (with_longer_data(b"evil"), "is longer or shorter than its header says"),
        (right.replace(packed[-4:], b"evil"), "broken|damaged|longer or shorter"),
        (rewritten(comment), "its end record does not match its members"),
        (archive_of(file, [("a.npy", b"")]) and rewritten(extra), "an extra field"),
        (archive_of(file, [("a.npy", b"")]) and rewritten(note), "its directory has a comment"),
    ):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            read_npz(file)


def test_a_directory_that_says_something_else_is_refused(tmp_path):
    file = archive_of(tmp_path / "p.npz", [("a.npy", npy((1,), content=b"0"))])
    right = file.read_bytes()
    at = right.index(b"PK\x01\x02")
    for place in (8, 10, 16, 20, 24, 42, 46):  # flags, method, CRC, sizes, offset, name
        changed = bytearray(right)
        changed[at + place] ^= 1
        file.write_bytes(changed)
        with pytest.raises(ValueError, match="its directory does not match its members"):
            read_npz(file)


def test_damaged_content_is_refused(tmp_path):
    file = archive_of(tmp_path / "p.npz", [("a.npy", npy((1,), content=b"0"))])
    changed = bytearray(file.read_bytes())
    for place in (14, changed.index(b"PK\x01\x02") + 16):  # the CRC-32, in both places
        changed[place] ^= 1
    file.write_bytes(changed)
    with pytest.raises(ValueError, match="is damaged: its CRC-32 differs"):
        read_npz(file)


def test_links_folders_and_large_files_are_refused(written, tmp_path):
    link = tmp_path / "link.npz"
    link.symlink_to(written)
    (tmp_path / "large.npz").write_bytes(bytes(MAX_FILE_BYTES + 1))
    for file, message in (
        (link, "it is a link"),
        (tmp_path, "it is a folder"),
        (tmp_path / "none.npz", "there is no such file"),
        (tmp_path / "large.npz", "larger than the limit"),
    ):
        with pytest.raises(PredictionError, match=message):
            read_predictions(file)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"about": {"format": "other/1"}}, "its format is not"),
        ({"about": {"seed": True}}, "missing or wrong fields: seed"),
        ({"about": {"seed": 1.5}}, "missing or wrong fields: seed"),
        ({"about": {"more": 1}}, "missing or wrong fields: more"),
        ({"about": {"board": ["x"]}}, "missing or wrong fields: board"),
        ({"piece_id": np.array(["piano", "piano"])}, "a piece occurs twice"),
        ({"piece_id": np.array([["piano"]])}, "must be an array of names"),
        ({"piece_id": np.array([1])}, "must be an array of names"),
        ({"piece_id": np.array(["p" * 201])}, "must be an array of names"),
        ({"start": np.array([0, 5, 3])}, "where each piece begins"),
        ({"start": np.array([1, 5])}, "where each piece begins"),
        ({"start": np.array([], int)}, "where each piece begins"),
        ({"start": np.array([0.0, 5.0])}, "where each piece begins"),
        ({"start": None}, "it has no 'start'"),
        ({"spelling": np.zeros(3, np.uint8)}, "must have 10 numbers, one per"),
        ({"spelling": np.array(["a"])}, "must have 10 numbers, one per"),
    ],
)
def test_what_is_not_consistent_is_refused(written, changes, message):
    changed = rewrite(written, **changes)
    with pytest.raises(PredictionError, match=message):
        read_predictions(changed)


def test_values_are_checked_by_the_evaluator(written, home, piano):
    evaluator = Evaluator(BOARD, root=home)
    size = len(piano["piano"]["spelling"])
    for values, message in (
        (np.full(size, np.nan), "note 0 is NaN"),
        (np.full(size, 35), "classes are 0..34"),
    ):
        file = read_predictions(rewrite(written, spelling=values))
        with pytest.raises(PredictionError, match=message):
            evaluator.eval({"y_pred": file.y_pred})


def damage(content: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Replace, insert and delete bytes."""
    damaged = bytearray(content)
    for place, length, new in edits:
        at = place % (len(damaged) + 1)
        damaged[at : at + length] = new
    return bytes(damaged)


EDITS = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 40), st.binary(max_size=40)),
    min_size=1,
    max_size=4,
)


def try_to_read(file, content):
    """Read hostile bytes; return whether they were accepted, within bounded time and memory."""
    file.write_bytes(content)
    start = time.process_time()
    try:
        accepted = read_predictions(file)
    except PredictionError:
        accepted = None
    assert time.process_time() - start < MAX_SECONDS
    return accepted


def test_damaged_files_are_refused_or_sound(written, home):
    """Bytes changed anywhere: a sentence, or values that the evaluator can judge."""
    content, file = written.read_bytes(), written.with_name("damaged.npz")
    evaluator = Evaluator(BOARD, root=home)
    expected = read_predictions(written).y_pred["piano"]["spelling"].tolist()

    @settings(max_examples=1000, deadline=None, derandomize=True)
    @given(EDITS)
    def attack(edits):
        accepted = try_to_read(file, damage(content, edits))
        if accepted is not None:
            assert type(accepted.seed) is int
            assert accepted.board == BOARD
            check_origin(accepted, evaluator)
            assert accepted.y_pred["piano"]["spelling"].tolist() == expected

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    attack()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_GROWTH_KIB


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.just([]),
    st.just({}),
)
ARRAYS = st.one_of(
    st.just(np.array([Evil()], dtype=object)),
    st.lists(st.integers(-(2**62), 2**62), max_size=8).map(np.array),
    st.lists(st.floats(), max_size=8).map(np.array),
    st.lists(st.text(max_size=8), max_size=8).map(lambda texts: np.array(texts, dtype=np.str_)),
    st.tuples(st.integers(0, 3), st.integers(0, 3)).map(np.zeros),
)
NAMES = st.sampled_from(["about", "piece_id", "start", "spelling", "key_signature", "_", "file"])


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(
    about=st.dictionaries(st.sampled_from([*ABOUT, "format", "x"]), VALUES, max_size=3),
    arrays=st.dictionaries(NAMES.filter(lambda name: name != "about"), ARRAYS, max_size=3),
    forged=st.dictionaries(
        NAMES, st.binary(max_size=200).map(lambda tail: npy((3,), content=tail))
    ),
)
def test_grown_files_are_refused_or_sound(tmp_path_factory, about, arrays, forged):
    """Well-formed archives of arrays that nobody would write."""
    file = tmp_path_factory.mktemp("grown") / "p.npz"
    base = {
        "format": "musebench.predictions/2",
        **{name: 0 if kind is int else "x" for name, kind in ABOUT.items()},
    }
    content = {"piece_id": np.array(["p"]), "start": np.array([0, 2]), "spelling": np.zeros(2)}
    said = np.array(json.dumps(base | about))
    members = []
    for name, array in ({"about": said} | content | arrays).items():
        stream = io.BytesIO()
        np.save(stream, array, allow_pickle=True)
        members.append((f"{name}.npy", stream.getvalue()))
    known = {name for name, _ in members}
    members += [(f"{name}.npy", raw) for name, raw in forged.items() if f"{name}.npy" not in known]
    accepted = try_to_read(file, archive_of(file, members).read_bytes())
    if accepted is not None:
        assert all(
            type(getattr(accepted, name)) is kind and isinstance(getattr(accepted, name), kind)
            for name, kind in ABOUT.items()
        )
        for heads in accepted.y_pred.values():
            assert all(values.ndim == 1 and values.dtype.kind in "iuf" for values in heads.values())


def test_arrays_without_elements_are_read(tmp_path):
    np.savez(tmp_path / "p.npz", empty=np.zeros(0, np.int64), word=np.array("x"))
    stored = read_npz(tmp_path / "p.npz")
    assert stored["empty"].shape == (0,)
    assert str(stored["word"]) == "x"


@pytest.mark.parametrize(
    ("values", "dtype"),
    [([0, 34], "u1"), ([-1, 100], "i1"), ([-1, 205], "i2"), ([0, 300], "u2"), ([-1, 4588], "i2")],
)
def test_integers_are_packed_without_wrapping(values, dtype):
    """Links hold -1 and indices beyond 8 bits."""
    from musebench.evaluation.prediction_file import _pack

    packed = _pack(np.array(values))
    assert packed.dtype == dtype
    assert packed.tolist() == values
