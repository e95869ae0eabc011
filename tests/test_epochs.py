"""Epochs: every iterator has one of its own, whole, wherever the one before stopped."""

from itertools import islice, zip_longest

import numpy as np
import pytest
import torch
from torch.utils.data import RandomSampler, SequentialSampler

from made_scores import random_graph
from musebench.loader import MuseNeighborLoader, epoch_batches

EXACT = {"coverage": "exact"}
WORKERS = {"num_workers": 2}
STAY = {"num_workers": 2, "persistent_workers": True, "prefetch_factor": 3}


@pytest.fixture(scope="module")
def graphs():
    return [random_graph(n, seed) for seed, n in enumerate((3, 40, 150, 90))]


def make(graphs, **options):
    return MuseNeighborLoader(graphs, [2], 20, 3, **{"seed": 4} | options)


def tokens(batches):
    """What tells batches apart: their targets, and the seed of what is drawn for them."""
    return [
        (
            batch.seed,
            tuple(batch.piece_id),
            *batch["note"].n_id[: batch["note"].batch_size].tolist(),
        )
        for batch in batches
    ]


def epoch_of(graphs, epoch, **options):
    loader = make(graphs, **options)
    loader.set_epoch(epoch)
    return tokens(loader)


def stopped_by_break(loader):
    for i, batch in enumerate(loader):
        if i == 2:
            break
        yield batch


ENDINGS = {
    "exhausted": iter,
    "break": stopped_by_break,
    "islice": lambda loader: islice(loader, 3),
    "zip": lambda loader: (batch for _, batch in zip(range(2), loader, strict=False)),
    "zip, the loader first": lambda loader: (b for b, _ in zip(loader, range(2), strict=False)),
    "next, as many as there are": lambda loader: islice(it := iter(loader), len(loader)),  # noqa: F841
    "asked for nothing": lambda loader: islice(loader, 0),
}


@pytest.mark.parametrize(
    ("ending", "options"),
    [(ending, {}) for ending in ENDINGS]
    + [(ending, more) for ending in ("exhausted", "break") for more in (EXACT, WORKERS, STAY)],
)
def test_the_next_epoch_is_whole_however_the_last_one_ended(graphs, ending, options):
    loader = make(graphs, **options)
    for epoch in range(0, 6, 2):
        expected = epoch_of(graphs, epoch, **options)
        found = tokens(ENDINGS[ending](loader))
        assert found == expected[: len(found)]
        assert tokens(loader) == epoch_of(graphs, epoch + 1, **options)


@pytest.mark.parametrize("options", [{}, EXACT, STAY], ids=str)
def test_iterators_do_not_disturb_one_another(graphs, options):
    loader = make(graphs, **options)
    pairs = list(zip_longest(loader, loader))
    (extra,) = islice(loader, 1)
    assert tokens(first for first, _ in pairs) == epoch_of(graphs, 0, **options)
    assert tokens(second for _, second in pairs) == epoch_of(graphs, 1, **options)
    assert tokens([extra]) == epoch_of(graphs, 2, **options)[:1]


def test_an_iterator_that_is_kept_stays_where_it_is(graphs):
    loader = make(graphs, **STAY)
    kept = iter(loader)
    (head,) = islice(kept, 1)
    assert tokens(loader) == epoch_of(graphs, 1)
    assert tokens([head, *kept]) == epoch_of(graphs, 0)
    assert tokens(loader) == epoch_of(graphs, 2)


def test_epochs_differ_and_repeat(graphs):
    for options in ({}, EXACT):
        loader = make(graphs, **options)
        first, second = tokens(loader), tokens(loader)
        assert first != second
        assert sorted(batch[1:] for batch in first) != sorted(batch[1:] for batch in second)
        loader.set_epoch(0)
        assert tokens(loader) == first
        assert tokens(loader) == second


def test_the_order_of_tiles_is_drawn_once_an_epoch(graphs, monkeypatch):
    drawn = []
    permutation = np.random.default_rng
    monkeypatch.setattr(
        epoch_batches.np.random, "default_rng", lambda s: drawn.append(len(s)) or permutation(s)
    )
    epoch_batches.order_of_tiles.cache_clear()
    loader = make(graphs, **EXACT)
    for _ in range(3):
        list(loader)
    assert len(loader) > 3
    assert drawn.count(2) == 3
    for _ in zip(loader, loader, strict=True):
        pass
    assert drawn.count(2) == 5


@pytest.mark.parametrize("options", [{}, EXACT, STAY], ids=str)
@pytest.mark.parametrize("handed_out", [0, 1, 4])
def test_a_state_goes_on_after_what_was_handed_out(graphs, options, handed_out):
    loader = make(graphs, **options)
    list(loader)
    iterator = iter(loader)
    list(islice(iterator, handed_out))
    state = loader.state_dict()
    assert state == {"seed": 4, "epoch": 1, "batch": handed_out}
    other = make(graphs, **options)
    other.load_state_dict(state)
    assert other.state_dict() == state
    assert tokens(other) == epoch_of(graphs, 1, **options)[handed_out:] == tokens(iterator)
    assert tokens(other) == epoch_of(graphs, 2, **options)


def test_a_state_is_that_of_the_iterator_begun_last(graphs):
    loader = make(graphs)
    assert loader.state_dict()["epoch"] == 0
    first, second = iter(loader), iter(loader)
    list(islice(second, 2))
    list(islice(first, 1))
    assert loader.state_dict() == {"seed": 4, "epoch": 1, "batch": 2}
    list(second)
    assert loader.state_dict() == {"seed": 4, "epoch": 2, "batch": 0}  # at its end: the next one


@pytest.mark.parametrize("options", [{}, WORKERS], ids=str)
def test_the_sampler_by_itself_has_epochs_of_its_own(graphs, options):
    loader = make(graphs, **options)
    for epoch in (0, 2):
        shares = list(loader.sampler)
        assert tokens(map(loader.dataset.__getitem__, shares)) == epoch_of(graphs, epoch)
        assert tokens(loader) == epoch_of(graphs, epoch + 1)


def test_a_sampler_whose_epoch_is_set_leaves_an_iterator_that_runs(graphs):
    """Lightning and Fabric set it: Lightning after the first iterator was made, before it runs."""
    loader = make(graphs)
    running = iter(loader)
    loader.sampler.set_epoch(2)
    found = list(islice(running, 1))
    loader.sampler.set_epoch(5)
    assert loader.state_dict() == {"seed": 4, "epoch": 2, "batch": 1}
    assert tokens([*found, *running]) == epoch_of(graphs, 2)
    assert tokens(loader) == epoch_of(graphs, 5)


def test_the_end_of_an_epoch_is_the_beginning_of_the_next(graphs):
    loader = make(graphs)
    list(islice(iterator := iter(loader), len(loader)))  # as Lightning does: not asked again
    assert loader.state_dict() == {"seed": 4, "epoch": 1, "batch": 0}
    del iterator
    loader.load_state_dict({"seed": 4, "epoch": 6, "batch": len(loader)})
    assert tokens(loader) == epoch_of(graphs, 7)


def test_a_chosen_epoch_stands_against_one_that_is_counted(graphs):
    """Fabric counts from 0 and sets the epoch of the sampler."""
    loader = make(graphs)
    loader.set_epoch(7)
    for count in range(2):
        loader.sampler.set_epoch(count)
        assert tokens(loader) == epoch_of(graphs, 7 + count)
    loader.set_epoch(1)
    for count in range(2, 4):
        loader.sampler.set_epoch(count)
        assert tokens(loader) == epoch_of(graphs, count - 1)


def test_a_loaded_state_is_gone_on_with_once(graphs):
    state = {"seed": 4, "epoch": 2, "batch": 3}
    loader = make(graphs)
    loader.load_state_dict(state)
    list(islice(loader, 1))
    assert tokens(loader) == epoch_of(graphs, 3)
    loader.load_state_dict(state)
    for epoch in (2, 3):  # the loop of a script that resumes
        loader.set_epoch(epoch)
        assert tokens(loader) == epoch_of(graphs, epoch)[3 if epoch == 2 else 0 :]
    loader.load_state_dict(state)
    loader.set_epoch(5)
    assert tokens(loader) == epoch_of(graphs, 5)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            {"seed": 9, "epoch": 0, "batch": 0},
            "the state belongs to a loader with seed 9, this one has 4",
        ),
        ({"seed": 4, "epoch": 0}, "the state has no 'batch'; pass the result"),
        ({"seed": 4, "epoch": -1, "batch": 0}, "epoch is -1; it must be at least 0"),
        ({"seed": 4, "epoch": 0, "batch": -1}, "batch is -1; it must be at least 0"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(graphs, state, message):
    with pytest.raises(ValueError, match=message):
        make(graphs).load_state_dict(state)


def test_an_epoch_that_is_negative_is_refused(graphs):
    with pytest.raises(ValueError, match="epoch is -1; it must be at least 0"):
        make(graphs).set_epoch(-1)


@pytest.mark.parametrize("options", [{}, EXACT, {"num_batches": 7}, {"num_batches": 1}], ids=str)
@pytest.mark.parametrize("world_size", [2, 3])
def test_processes_share_an_epoch_window_by_window(graphs, options, world_size):
    alone = make(graphs, **options)
    loaders = [
        make(graphs, rank=rank, world_size=world_size, **options) for rank in range(world_size)
    ]
    lengths = {len(loader) for loader in loaders}
    assert len(lengths) == 1  # no process waits for a step of one that has no more batches
    assert len(alone) / world_size - 1 < min(lengths) < len(alone) / world_size + 1
    for _ in range(2):
        windows, seeds = [], []
        for loader in loaders:
            batches = list(loader)
            assert len(batches) == len(loader)
            windows += [window for batch in batches for window in windows_of(batch)]
            seeds += [batch.seed for batch in batches]
        assert sorted(windows) == sorted(w for batch in alone for w in windows_of(batch))
        assert len(set(seeds)) == len(seeds)


def windows_of(batch):
    ids = batch["note"].n_id[: batch["note"].batch_size]
    ends = zip(batch.target_ptr[:-1], batch.target_ptr[1:], strict=True)
    return [
        (piece, *ids[begin:end].tolist())
        for piece, (begin, end) in zip(batch.piece_id, ends, strict=True)
    ]


def test_a_window_for_each_process_is_the_least(graphs):
    few = MuseNeighborLoader(graphs[:1], [2], 20, 1, rank=1, world_size=2, coverage="exact")
    with pytest.raises(ValueError, match="an epoch has 1 windows, too few for 2 processes"):
        iter(few)
    # Five batches of one window: the last one would go to one process alone.
    loaders = [
        MuseNeighborLoader(graphs, [2], 20, 1, rank=rank, world_size=2, num_batches=5)
        for rank in (0, 1)
    ]
    sizes = [[len(batch.piece_id) for batch in loader] for loader in loaders]
    assert sizes == [[1, 1], [1, 2]]


def test_the_place_is_that_of_torch_distributed(graphs, monkeypatch):
    loader = make(graphs, num_batches=8)  # made before the processes know each other
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    assert len(loader) == 4
    assert tokens(loader) == epoch_of(graphs, 0, num_batches=8, rank=1, world_size=2)
    assert len(make(graphs, num_batches=8, rank=0)) == 8  # what is said stands


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"world_size": 2}, "world_size is 2 and rank is not given; pass both or neither"),
        ({"rank": 0, "world_size": 0}, "world_size is 0; it must be an integer of at least 1"),
        ({"rank": 2, "world_size": 2}, "rank is 2; it must be 0 to 1"),
        (
            {"shuffle": True},
            "shuffle is not an argument of MuseNeighborLoader: the loader draws",
        ),
        ({"drop_last": True}, "drop_last is not an argument of MuseNeighborLoader"),
        ({"batch_sampler": [[1]]}, "batch_sampler is not an argument of MuseNeighborLoader"),
        ({"sampler": RandomSampler([1])}, "sampler is a RandomSampler; the loader draws"),
        ({"dataset": [1]}, "dataset is not an argument of the loader; pass its graphs"),
    ],
)
def test_what_would_choose_batches_is_refused(graphs, options, message):
    with pytest.raises(ValueError, match=message):
        make(graphs, **options)


def test_a_sequential_sampler_is_the_same_epoch_again(graphs):
    """Lightning's overfit_batches gives one."""
    loader = make(graphs)
    again = make(graphs, dataset=loader.dataset, sampler=SequentialSampler(loader.dataset))
    assert len(again) == len(loader)
    again.sampler.set_epoch(3)
    assert tokens(again) == tokens(again) == epoch_of(graphs, 0)
