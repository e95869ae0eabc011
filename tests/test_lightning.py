"""Lightning and Fabric: they see every epoch whole, in one process and in two."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

lightning = pytest.importorskip("lightning")

from lightning.pytorch.callbacks import ModelCheckpoint  # noqa: E402

from seen_by_lightning import (  # noqa: E402
    Watcher,
    WatcherWithLoaders,
    epochs,
    fit,
    make,
    watch_fabric,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # Lightning's advice on speed

EXACT = {"coverage": "exact"}
SCRIPT = Path(__file__).with_name("seen_by_lightning.py")


def of_stage(seen, stage):
    return [batches for name, batches in seen.items() if name.split()[0] == stage]


def test_the_trainer_sees_each_epoch_whole():
    seen = fit(Watcher(), make(), make(**EXACT))
    assert of_stage(seen, "train") == epochs(3)
    assert of_stage(seen, "valid") == epochs(3, **EXACT)
    assert of_stage(seen, "sanity") == [epochs(1, **EXACT)[0][:2]]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_limit_does_not_shorten_the_next_epoch(num_workers):
    workers = {"num_workers": num_workers, "persistent_workers": num_workers > 0}
    seen = fit(Watcher(), make(**workers), make(**EXACT), limit_train_batches=3)
    assert of_stage(seen, "train") == [epoch[:3] for epoch in epochs(3)]
    assert of_stage(seen, "valid") == epochs(3, **EXACT)


def test_loaders_made_anew_for_each_epoch_go_on():
    seen = fit(Watcher(), make(), make(**EXACT), reload_dataloaders_every_n_epochs=1)
    assert of_stage(seen, "train") == epochs(3)


@pytest.mark.parametrize(
    ("watcher", "loaders", "expected"),
    [(Watcher, [{}, EXACT], {}), (WatcherWithLoaders, [], {"num_batches": 9})],
)
def test_overfitting_sees_the_same_batches_each_time(watcher, loaders, expected):
    seen = fit(watcher(), *(make(**options) for options in loaders), overfit_batches=2)
    assert of_stage(seen, "train") == [epochs(1, **expected)[0][:2]] * 3
    assert of_stage(seen, "valid") == [epochs(1, **EXACT)[0][:2]] * 3
    half = fit(watcher(), *(make(**options) for options in loaders), overfit_batches=0.5)
    assert len(half["train 0"]) == len(make(**expected)) // 2


def test_prediction_sees_an_epoch():
    model = Watcher()
    trainer = lightning.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False)
    trainer.predict(model, make(**EXACT))
    assert of_stage(model.seen, "predict") == epochs(1, **EXACT)


@pytest.mark.parametrize(
    ("options", "every", "from_epoch", "rest"),
    [
        ({}, {"every_n_train_steps": 11}, 1, 3),  # in the middle of the second epoch
        ({}, {"every_n_epochs": 1}, 2, 0),
        ({"limit_train_batches": 5}, {"every_n_epochs": 1}, 2, 0),
    ],
)
def test_a_training_that_is_resumed_goes_on_where_it_stopped(
    tmp_path, options, every, from_epoch, rest
):
    limit = options.get("limit_train_batches")
    whole = [epoch[:limit] for epoch in epochs(4)]
    keep = ModelCheckpoint(tmp_path, save_top_k=-1, filename="{epoch}-{step}", **every)
    fit(Watcher(), make(), max_epochs=2, callbacks=[keep], enable_checkpointing=True, **options)
    newest = max(tmp_path.glob("*.ckpt"), key=lambda file: file.stat().st_mtime_ns)
    seen = fit(Watcher(), make(), max_epochs=4, ckpt_path=newest, **options)
    found = of_stage(seen, "train")
    assert found == [whole[from_epoch][rest:], *whole[from_epoch + 1 :]]


def test_fabric_sees_each_epoch_whole():
    assert watch_fabric()[1] == epochs(3)


def test_fabric_goes_on_with_a_state():
    fabric = lightning.fabric.Fabric(accelerator="cpu", devices=1)
    ours = make()
    loader = fabric.setup_dataloaders(ours)
    for _ in range(2):
        list(loader)
    ours.load_state_dict({"seed": 4, "epoch": 1, "batch": 3})
    whole = [len(epoch) for epoch in epochs(1)]
    assert [len(list(loader)) for _ in range(3)] == [whole[0] - 3, whole[0], whole[0]]
    ours.load_state_dict({"seed": 4, "epoch": 1, "batch": 3})
    seeds = [[batch.seed for batch in loader] for _ in range(2)]
    expected = [[batch.seed for batch in epoch] for epoch in [make()] * 3]
    assert seeds == [expected[1][3:], expected[2]]


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    """What two processes of gloo on a CPU see: each by what they ran."""
    folder = tmp_path_factory.mktemp("seen")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(SCRIPT.parent)}
    subprocess.run(
        [sys.executable, "-W", "ignore", str(SCRIPT), str(folder)],
        check=True,
        capture_output=True,
        timeout=300,
        env=environment,
    )
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


def shared(epochs_of_processes):
    """All windows that processes see of each epoch."""
    return [
        sorted(window for batches in parts for batch in batches for window in batch)
        for parts in zip(*epochs_of_processes, strict=True)
    ]


@pytest.mark.parametrize(
    ("stage", "lengths", "options"), [("train", {5}, {"num_batches": 9}), ("valid", {4}, EXACT)]
)
def test_two_processes_of_the_trainer_share_each_epoch(two_processes, stage, lengths, options):
    by_process = [of_stage(seen["trainer"], stage) for seen in two_processes]
    assert {len(batches) for of_process in by_process for batches in of_process} == lengths
    assert shared(by_process) == shared([epochs(3, **options)])


def test_two_processes_of_the_trainer_overfit_the_same_batches(two_processes):
    for rank, seen in enumerate(two_processes):
        expected = epochs(1, num_batches=9, rank=rank, world_size=2)[0][:2]
        assert of_stage(seen["overfit"], "train") == [expected] * 3


@pytest.mark.parametrize(("name", "options"), [("exact", EXACT), ("expected", {"num_batches": 8})])
def test_two_processes_of_fabric_share_each_epoch(two_processes, name, options):
    assert shared([seen[name] for seen in two_processes]) == shared([epochs(3, **options)])
