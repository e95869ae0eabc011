"""Training an encoder by masking, and embedding the notes of a board with it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch_geometric.data import HeteroData

from musebench.boards import BOARDS, find_board
from musebench.datasets import ScoreGraphDataset, load
from musebench.errors import CheckpointError, InputError, ResumeError
from musebench.files import NOTHING, kind_of, make_folder, read_file, write_file
from musebench.graph import edge_types_of
from musebench.loader import MuseNeighborLoader
from musebench.models import ENCODERS
from musebench.pretrain.embeddings import Embeddings, embeddings_of
from musebench.pretrain.masking import (
    INPUTS,
    NAMES,
    NUM_DURATIONS,
    NUM_PITCHES,
    RELATIONS,
    draw_masked,
    duration_classes,
    hide,
)
from musebench.splits import SPLITS, check_fold
from musebench.tasks import TASKS
from musebench.train import UNREADABLE, read_tensors, write_tensors
from musebench.transforms import RandomTransposition

ENCODER = "note-gnn"
EDGE_TYPES = edge_types_of(RELATIONS, metrical=False)
ANY_KEY = TASKS["voice-separation"]  # no label of it moves, so all twelve keys are drawn
MAX_PLAN_BYTES = 2**20
MAX_GRADIENT_NORM = 1.0


@dataclass(frozen=True)
class Pretraining:
    """What a pre-training depends on.

    Attributes:
        fold: Fold whose training works are used; those of validation and test are not.
        boards: Boards whose scores are used, in turn, without their labels.
        seed: Seed of weights, windows, keys and masks.
        num_steps: Number of steps; 0 leaves the encoder as it was drawn.
        hidden: Size of the embedding.
        num_layers: Number of layers of the encoder.
        share: Share of the notes that is masked.
        learning_rate: Highest learning rate.
        batch_size: Windows per step.
        subgraph_size: Notes per window.
    """

    fold: int
    boards: tuple[str, ...]
    seed: int = 0
    num_steps: int = 1000
    hidden: int = 128
    num_layers: int = 3
    share: float = 0.15
    learning_rate: float = 0.003
    batch_size: int = 8
    subgraph_size: int = 256

    def training(self, board: str, root: str | Path | None = None) -> ScoreGraphDataset:
        """The scores of a board that are used: its training split of the fold."""
        return load(board, root, "train", fold=self.fold)


class MaskedModel(nn.Module):
    """An encoder that sees the notes that are not masked, and two layers that tell the others."""

    def __init__(self, plan: Pretraining) -> None:
        super().__init__()
        sizes = {"note": len(NAMES) + 1}
        self.encoder = ENCODERS.find(ENCODER)(
            sizes, plan.hidden, plan.num_layers, 0.0, "sage", RELATIONS
        )
        self.pitch = nn.Linear(plan.hidden, NUM_PITCHES)
        self.duration = nn.Linear(plan.hidden, NUM_DURATIONS)

    def forward(self, data: HeteroData, masked: Tensor) -> Tensor:
        """Return the embeddings of all notes, shape ``(num_notes, hidden)``."""
        x, edges = hide(data, masked, EDGE_TYPES)
        embedding: Tensor = self.encoder({"note": x}, edges)
        return embedding

    def loss(self, data: HeteroData, masked: Tensor) -> Tensor:
        """Cross-entropy of pitch and duration of the masked notes."""
        h = self(data, masked)[masked]
        pitch = cross_entropy(self.pitch(h), data["note"].pitch[masked])
        duration = cross_entropy(self.duration(h), duration_classes(data)[masked])
        return pitch + duration


def pretraining_boards() -> tuple[str, ...]:
    """A board per corpus, of those with the plain inputs; the first by name."""
    found: dict[str, str] = {}
    for name, board in sorted(BOARDS.items()):
        if board.task.inputs == INPUTS and not board.is_smoke_test:
            found.setdefault(board.corpus.name, name)
    return tuple(found.values())


def pretrain(
    plan: Pretraining,
    folder: str | Path,
    root: str | Path | None = None,
    *,
    resume: bool = False,
    save_every: int = 50,
) -> list[float]:
    """Train an encoder by masking; keep it in a folder.

    Args:
        plan: What it depends on.
        folder: Folder of the run.
        root: The data home.
        resume: Continue an interrupted run of the same plan, if the folder has one; the result is
            that of an uninterrupted run.
        save_every: Steps between two checkpoints.

    Returns:
        Loss of each step.

    Raises:
        InputError: If a fold or board is unknown, or a board has other inputs.
        ResumeError: If the folder has a run of another plan.
    """
    check_plan(plan)
    folder = Path(folder)
    make_folder(folder)
    torch.manual_seed(plan.seed)
    model = MaskedModel(plan)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    steps = max(plan.num_steps, 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, plan.learning_rate, total_steps=steps)
    losses: list[float] = []
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    if resume and kind_of(folder / "config.json") != NOTHING:
        losses = _resume(plan, folder, parts)
    else:
        write_file(folder / "config.json", (json.dumps(asdict(plan), indent=1) + "\n").encode())
        _save(folder, parts, losses)
    batches = _batches(plan, root, len(losses))
    while len(losses) < plan.num_steps:
        batch = next(batches)
        masked = draw_masked(len(batch["note"].x), plan.share, batch.seed)
        loss = model.loss(batch, masked)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if len(losses) % save_every == 0 or len(losses) == plan.num_steps:
            _save(folder, parts, losses)
    return losses


def check_plan(plan: Pretraining) -> None:
    """Refuse a plan with an unknown fold or board, or a board with other inputs.

    Raises:
        InputError: The message names what is wrong.
    """
    if not plan.boards:
        msg = "there is no board to train on; name at least one."
        raise InputError(msg)
    for name in plan.boards:
        board = find_board(name)
        check_fold(name, "official", plan.fold)
        if board.task.inputs != INPUTS:
            msg = f"{name} has other inputs; boards with the inputs {', '.join(INPUTS)} are used."
            raise InputError(msg)


def _batches(plan: Pretraining, root: str | Path | None, begin: int) -> Iterator[HeteroData]:
    """Windows of the boards in turn, from a step on."""
    loaders = []
    for place, name in enumerate(plan.boards):
        loader = MuseNeighborLoader(
            plan.training(name, root),
            None,  # the notes of the window alone: neighbours outside would tell durations
            plan.subgraph_size,
            plan.batch_size,
            relations=RELATIONS,
            metrical=False,
            transform=RandomTransposition(ANY_KEY, plan.seed),
            seed=plan.seed + place,
            num_batches=max(plan.num_steps, 1),
        )
        done = len(range(place, begin, len(plan.boards)))
        loader.load_state_dict(loader.state_dict() | {"batch": done})
        loaders.append(iter(loader))
    while True:
        yield next(loaders[begin % len(loaders)])
        begin += 1


def _save(folder: Path, parts: dict[str, Any], losses: list[float]) -> None:
    state = {name: part.state_dict() for name, part in parts.items()}
    write_tensors(folder / "last.pt", state | {"losses": losses})


def _resume(plan: Pretraining, folder: Path, parts: dict[str, Any]) -> list[float]:
    if read_plan(folder) != plan:
        msg = f"{folder} has a run of another plan; choose another folder, or do not resume."
        raise ResumeError(msg)
    state = _read_state(folder)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    losses: list[float] = state["losses"]
    return losses


def _read_state(folder: Path) -> dict[str, Any]:
    file = folder / "last.pt"
    try:
        state: dict[str, Any] = read_tensors(file)
    except UNREADABLE as error:
        msg = f"{file} cannot be read ({type(error).__name__}); `musebench pretrain` writes one."
        raise CheckpointError(msg) from error
    return state


def read_plan(folder: str | Path) -> Pretraining:
    """The plan of the run in a folder.

    Raises:
        InputError: If there is none, or it is damaged.
    """
    file = Path(folder) / "config.json"
    try:
        values = json.loads(read_file(file, MAX_PLAN_BYTES))
        return Pretraining(**values | {"boards": tuple(values["boards"])})
    except UNREADABLE as error:
        msg = f"{folder} is not the folder of a pre-training; `musebench pretrain` makes one."
        raise InputError(msg) from error


@torch.no_grad()
def embed(folder: str | Path, board: str, root: str | Path | None = None) -> Embeddings:
    """Embed the notes of all pieces of a board with a pre-trained encoder, nothing masked.

    Raises:
        InputError: If the folder has no run, or the board has other inputs.
        CheckpointError: If the checkpoint is damaged.
    """
    plan = read_plan(folder)
    check_plan(Pretraining(plan.fold, (board,)))
    model = MaskedModel(plan)
    try:
        model.load_state_dict(_read_state(Path(folder))["model"])
    except UNREADABLE as error:
        msg = f"{folder} has weights of another encoder; pre-train again."
        raise CheckpointError(msg) from error
    model.eval()

    def of_graph(graph: HeteroData) -> Tensor:
        found: Tensor = model(graph, torch.zeros(len(graph["note"].x), dtype=torch.bool))
        return found

    return _of_all(board, plan.fold, root, of_graph)


def raw_features(board: str, fold: int, root: str | Path | None = None) -> Embeddings:
    """The features that models see, in the place of embeddings: what a probe knows without any."""
    check_fold(find_board(board).name, "official", fold)
    return _of_all(board, fold, root, lambda graph: graph["note"].x)


def _of_all(board: str, fold: int, root: str | Path | None, of_graph: Any) -> Embeddings:
    found = {}
    for split in SPLITS:
        dataset = load(board, root, split, fold=fold)
        for i in range(len(dataset)):
            graph = dataset[i]
            found[graph.piece_id] = of_graph(graph).numpy()
    return embeddings_of(board, fold, found, root)
