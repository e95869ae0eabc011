"""The commands about pre-training: train by masking, embed, probe."""

from pathlib import Path
from typing import Annotated, Any

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, BoardName, Root
from musebench.errors import InputError

Fold = Annotated[int, typer.Option(help="Fold of the boards, 0 to 4.")]


def pretrain(
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")],
    fold: Fold = 0,
    boards: Annotated[
        str | None, typer.Option(help="Boards, separated by commas. Default: one per corpus.")
    ] = None,
    steps: Annotated[
        int, typer.Option(help="Number of steps; 0 trains nothing.", min=0, max=10**9)
    ] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0, max=2**32 - 1)] = 0,
    root: Root = None,
    resume: Annotated[bool, typer.Option("--resume", help="Resume an interrupted run.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a note encoder by masking, on the training works of a fold, without labels."""
    from musebench.pretrain import Pretraining, pretraining_boards
    from musebench.pretrain import pretrain as train_masked

    names = tuple(boards.split(",")) if boards is not None else pretraining_boards()
    plan = Pretraining(fold, names, seed, steps)
    losses = train_masked(plan, folder, root, resume=resume)
    last = losses[-50:]
    loss = sum(last) / len(last) if last else None
    show.facts({"folder": str(folder), "steps": len(losses), "loss": loss}, as_json=as_json)


def embed(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Folder of a pre-training, or `features`.")
    ],
    board: BoardName,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, .npz.")],
    fold: Fold = 0,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Write the embeddings of all notes of a board; `features` writes what models see.

    The fold is that of the run; the option is for `features`.
    """
    from musebench.evaluation import check_predictions_file
    from musebench.files import sha256_of
    from musebench.pretrain import embed as embed_notes
    from musebench.pretrain import raw_features, write_embeddings

    check_predictions_file(output)
    raw = run == "features"
    found = raw_features(board, fold, root) if raw else embed_notes(run, board, root)
    write_embeddings(output, found)
    about = {"num_bytes": output.stat().st_size, "sha256": sha256_of(output)}
    show.file(output, as_json=as_json, board=board, fold=found.fold, **about)


def probe(
    embeddings: Annotated[
        Path, typer.Argument(metavar="EMBEDDINGS", help="File that `musebench embed` wrote.")
    ],
    kind: Annotated[str, typer.Option(help="linear or nearest.")] = "linear",
    few: Annotated[
        bool, typer.Option("--few", help="Fit on 1, 3, 10 and 30 works instead of all.")
    ] = False,
    draws: Annotated[int, typer.Option(help="Draws of each number of works.", min=1, max=10)] = 10,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write the predictions, .npz.")
    ] = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Fit a fixed probe on frozen embeddings; score it on the test split of their fold."""
    from musebench.evaluation import Evaluator, check_predictions_file, write_predictions
    from musebench.pretrain import SIZES, read_embeddings
    from musebench.pretrain import probe as fit_probe

    if output is not None:
        if few:
            msg = "--few makes many predictions; leave out --output."
            raise InputError(msg)
        check_predictions_file(output)
    found = read_embeddings(embeddings, root)
    evaluator = Evaluator(found.board, split="test", fold=found.fold, root=root, num_resamples=1)
    shots: list[tuple[int | None, int | None]] = [(None, None)]
    if few:
        shots = [(size, draw) for size in SIZES for draw in range(draws)]
    rows: list[dict[str, Any]] = []
    for size, draw in shots:
        predictions = fit_probe(found, kind, root, draw=draw, num_works=size)
        metrics = evaluator.eval({"y_pred": predictions})
        main = {name: metrics[name] for name in evaluator.task.main_metrics}
        rows.append({"works": size or "all", "draw": "-" if draw is None else draw, **main})
        if output is not None:
            write_predictions(output, found.board, "test", predictions, fold=found.fold, root=root)
    show.rows(rows, as_json=as_json, title=f"{found.board}, {kind} probe, fold {found.fold}")
