"""What Lightning and Fabric see of the loader; run as a script, what each process sees.

``python seen_by_lightning.py FOLDER`` writes one JSON file per process.
"""

import json
import sys
from pathlib import Path

import lightning
import torch
from lightning_fabric import Fabric

from made_scores import random_graph
from musebench.loader import MuseNeighborLoader

QUIET = {
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "accelerator": "cpu",
}


def make(**options):
    graphs = [random_graph(n, seed) for seed, n in enumerate((3, 40, 150, 90))]
    return MuseNeighborLoader(graphs, [2], 20, 3, **{"seed": 4} | options)


def windows(batch):
    """The targets of a batch: (piece, note, note, ...) of each window."""
    ids = batch["note"].n_id[: batch["note"].batch_size]
    ends = zip(batch.target_ptr[:-1], batch.target_ptr[1:], strict=True)
    return [
        [piece, *ids[begin:end].tolist()]
        for piece, (begin, end) in zip(batch.piece_id, ends, strict=True)
    ]


def epochs(num_epochs, **options):
    """The first epochs of a loader, each a list of the windows of its batches."""
    return [[windows(batch) for batch in epoch] for epoch in [make(**options)] * num_epochs]


class Watcher(lightning.LightningModule):
    """Notes the windows of each batch, by stage and epoch."""

    def __init__(self, **hooks):
        super().__init__()
        self.weight = torch.nn.Linear(23, 1)
        self.seen = {}
        self.hooks = hooks

    def note(self, stage, batch):
        stage = "sanity" if self.trainer.sanity_checking else stage
        self.seen.setdefault(f"{stage} {self.current_epoch}", []).append(windows(batch))

    def training_step(self, batch, index):
        self.note("train", batch)
        return self.weight(batch["note"].x).mean()

    def validation_step(self, batch, index):
        self.note("valid", batch)

    def predict_step(self, batch, index):
        self.note("predict", batch)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.01)


class WatcherWithLoaders(Watcher):
    """The same with loaders of its own, which Lightning makes again in another way."""

    def train_dataloader(self):
        return make(num_batches=9)

    def val_dataloader(self):
        return make(coverage="exact")


def fit(model, *loaders, ckpt_path=None, max_epochs=3, **options):
    """Let a Trainer fit a model; return what it saw."""
    trainer = lightning.Trainer(
        max_epochs=max_epochs, **{"enable_checkpointing": False} | QUIET | options
    )
    trainer.fit(model, *loaders, ckpt_path=ckpt_path, weights_only=False if ckpt_path else None)
    return model.seen


def watch_fabric(num_epochs=3, num_devices=1, **options):
    """What the loader of Fabric gives, epoch by epoch."""
    fabric = Fabric(
        accelerator="cpu", devices=num_devices, strategy="ddp" if num_devices > 1 else "auto"
    )
    fabric.launch()
    model, optimizer = fabric.setup(
        weight := torch.nn.Linear(23, 1), torch.optim.SGD(weight.parameters(), 0.01)
    )
    loader = fabric.setup_dataloaders(make(**options))
    seen = []
    for _ in range(num_epochs):
        seen.append([])
        for batch in loader:
            fabric.backward(model(batch["note"].x).mean())
            optimizer.step()
            seen[-1].append(windows(batch))
    return fabric.global_rank, seen


def main(folder):
    """Watch as one of two processes."""
    two = {"devices": 2, "strategy": "ddp"}
    seen = {}
    for name, options in {"exact": {"coverage": "exact"}, "expected": {"num_batches": 8}}.items():
        rank, seen[name] = watch_fabric(num_devices=2, **options)
    for name, options in {"trainer": {}, "overfit": {"overfit_batches": 2}}.items():
        loaders = make(num_batches=9), make(coverage="exact")
        seen[name] = fit(Watcher(), *loaders, **two | options)
    Path(folder, f"{rank}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1])
