"""Laws of every board: neither order nor annotations of the source reach what a model sees."""

from collections import Counter

import numpy as np
import pytest
import torch

import made_sources
from made_sources import PLAIN, RELABELLED, REORDERED, WAYS, MadeScore
from musebench.annotations import FORMATS
from musebench.boards import BOARDS
from musebench.graph import build_task_graph
from musebench.store import NoteStore, labels_of

PIANO, SONG = (("Piano", 2),), (("Voice", 1), ("Piano", 2))
SEEDS = range(4)


def read(board, score, folder, way):
    """The notes that count, and the labels of a board, from a made-up file of its format."""
    member = board.corpus.members[0]
    if member.format in made_sources.WRITERS:
        paths = made_sources.WRITERS[member.format](score, folder, way)
    else:
        parts = PIANO if board.task.writes == "staff" else SONG
        paths = [made_sources.musicxml(score, folder, way, parts)]
    notes, annotations = FORMATS[member.format].read(paths, **member.layout)
    notes = board.task.nodes(notes)
    store = NoteStore("", {"toy": notes}, {"toy": len(notes)}, {"toy": annotations})
    return notes, {} if board.has_labels_in_table else labels_of(board, store, "toy")


def inputs_of(board, notes):
    """All that a model may see: every tensor of a graph without labels."""
    graph = build_task_graph(notes, board.task)
    return {
        (str(store._key), name): value
        for store in graph.stores
        for name, value in store.items()
        if isinstance(value, torch.Tensor)
    }


def assert_same_inputs(board, one, other):
    ours, theirs = inputs_of(board, one), inputs_of(board, other)
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        assert torch.equal(value, theirs[key]), key


def counted(board, notes, labels):
    """Labels with what they belong to, as a multiset where notes sound alike."""
    sound = np.stack([notes.onset_div, notes.pitch, notes.duration_div], axis=1).tolist()
    if board.task.kind == "link":
        following = labels["next_note"].tolist()
        ends = [str(sound[end]) if end >= 0 else str(end) for end in following]
        return Counter(zip(map(str, sound), ends, strict=True))
    if board.task.unit == "note":
        columns = np.stack([*labels.values()], axis=1).astype(np.float64).round(4).tolist()
        return Counter(zip(map(str, sound), map(str, columns), strict=True))
    return {head: found.tolist() for head, found in labels.items()}


@pytest.fixture(params=SEEDS)
def score(request):
    return MadeScore(request.param)


boards = pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)


@boards
def test_the_order_of_the_source_says_nothing(board, score, tmp_path):
    (notes, labels), (others, same) = (
        read(board, score, tmp_path, way) for way in (PLAIN, REORDERED)
    )
    assert_same_inputs(board, notes, others)
    assert counted(board, notes, labels) == counted(board, others, same)


@boards
def test_the_labels_of_the_source_stay_out_of_inputs(board, score, tmp_path):
    (notes, labels), (others, changed) = (
        read(board, score, tmp_path, way) for way in (PLAIN, RELABELLED)
    )
    assert_same_inputs(board, notes, others)
    for head, values in labels.items():
        if head not in {"applied_degree", "degree2"}:
            assert not np.array_equal(values, changed[head], equal_nan=True), head


def test_made_scores_have_what_could_tell(tmp_path):
    """Twins between parts, staves and spellings; a source that is written in another order."""
    board = BOARDS["asap-pitch-spelling"]
    alike = of_parts = of_names = swapped = 0
    for seed in SEEDS:
        score = MadeScore(seed)
        notes, labels = read(board, score, tmp_path, PLAIN)
        sound = np.stack([notes.onset_div, notes.pitch, notes.duration_div], axis=1)
        twin = np.flatnonzero((sound[1:] == sound[:-1]).all(axis=1))
        differ = notes.part[twin] != notes.part[twin + 1]
        alike, of_parts = alike + len(twin), of_parts + differ.sum()
        of_names += (labels["spelling"][twin] != labels["spelling"][twin + 1]).sum()
        swapped += (notes.part[twin] > notes.part[twin + 1])[differ].sum()
        texts = {made_sources.musicxml(score, tmp_path, way, SONG).read_text() for way in WAYS}
        assert len(texts) == len(WAYS)
    assert min(alike, of_parts, of_names) > 8
    assert 0.2 < swapped / of_parts < 0.8  # the part that is first in the source is not first


def test_twins_are_ordered_alike_in_other_divisions(tmp_path):
    score = MadeScore(0)
    file = made_sources.musicxml(score, tmp_path, PLAIN, SONG)
    board = BOARDS["asap-pitch-spelling"]
    reader = FORMATS[board.corpus.format].read
    notes, _ = reader([file])
    text = file.read_text().replace("<divisions>2<", "<divisions>6<")
    for length in (8, 4, 2):
        text = text.replace(f"<duration>{length}<", f"<duration>{3 * length}<")
    file.write_text(text)
    finer, _ = reader([file])
    assert finer.divs_pq == 3 * notes.divs_pq
    assert finer.note_id.tolist() == notes.note_id.tolist()
