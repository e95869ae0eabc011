"""The card of weights that ship: their task, training data, scores and licence."""

import json
from collections.abc import Mapping
from typing import Any

from musebench.boards import Board, find_board
from musebench.card import markdown_bullets, markdown_table
from musebench.corpora import terms_of
from musebench.leaderboard import duration_text, shown_as
from musebench.models import ENCODERS, Weights, read_config
from musebench.splits import SPLITS, read_pieces, split_of_pieces
from musebench.tasks import Task

SIZES = ("hidden", "num_layers", "conv")  # must be the same in a run that starts from a checkpoint

LIMITS = (
    "This is one seed; the intervals show how the numbers vary with the works of the test split, "
    "not with the seed.",
    "It knows the music it was trained on. The table by composer shows how well that carries over "
    "within the corpus; other styles, ensembles or editions were not measured.",
    "It reads notated or quantised scores, not performances, and its inputs must be correct: a "
    "MIDI file with a wrong or missing time signature gives worse predictions.",
)


def write_model_card(
    weights: Weights, result: Mapping[str, Any], metrics: Mapping[str, Any]
) -> str:
    """Write the card of weights.

    Args:
        weights: Their line of the registry.
        result: The result of their run.
        metrics: The result of ``Evaluator.eval`` for their predictions of the test split.

    Returns:
        Markdown.
    """
    board, run = find_board(weights.board), result["run"]
    sections = [
        _head(board, weights, result),
        _use(board, run),
        _licence(board, weights),
        _split(board, run),
        _scores(board.task, metrics),
        f"## Limits\n\n{markdown_bullets([*LIMITS, *board.task.pitfalls, *board.pitfalls])}",
        _making(board, result),
        f"## Citation\n\n```bibtex\n{board.corpus.citation}\n```",
    ]
    return "\n\n".join(sections) + "\n"


def _head(board: Board, weights: Weights, result: Mapping[str, Any]) -> str:
    task, model = board.task, result["run"]["model"]
    encoder = ENCODERS[model].__name__
    heads = [f"`{head}`: {task.meaning_of(head)}" for head in task.heads]
    facts = {
        "file": f"`{weights.file}`, {weights.size:,} bytes, half precision",
        "SHA-256": f"`{weights.sha256}`",
        "licence": weights.license,
        "model": f"`{model}` ({encoder}), {result['num_parameters']:,} parameters",
        "board": f"{board.name}, version {board.version}",
        "task": f"{task.name}, one prediction per {task.unit}",
    }
    return (
        f"# {board.name}\n\n{encoder}, trained on {board.name}: {board.about}. "
        "`musebench release` writes this page.\n\n"
        f"{markdown_table(['', ''], facts.items())}\n\nIt predicts\n\n{markdown_bullets(heads)}"
    )


def _use(board: Board, run: Mapping[str, Any]) -> str:
    name, task = board.name, board.task
    shown = "" if task.unit == "graph" or task.kind == "regression" else " -o out.musicxml"
    reference = vars(read_config(run["model"], board.name))
    sizes = _changes({key: run["config"][key] for key in SIZES}, reference)
    return f"""## Use

```
musebench apply {task.name} in.mid{shown} --model {name}
musebench train {board.name} --model {run["model"]}{sizes} --init {name}
```

The first command applies it to your own score; the second trains a model that starts from these
weights. In Python:

```python
import musebench

model = musebench.from_pretrained("{name}")
applied = musebench.apply("{task.name}", "in.mid", model=model)
```

The commands and `apply` also accept the path of the file instead of the name."""


def _licence(board: Board, weights: Weights) -> str:
    corpus, terms = board.corpus, terms_of(board.corpus.license)
    return (
        f"## Training data and licence\n\n{corpus.title[0].upper()}{corpus.title[1:]}: "
        f"{corpus.source}; {corpus.license} ([{terms.name}]({terms.url})).\n\n"
        f"**Weights: {weights.license}.** {terms.weights}\n\n**Scores.** {terms.meaning}"
    )


def _split(board: Board, run: Mapping[str, Any]) -> str:
    pieces = read_pieces(board.name)
    split_of = split_of_pieces(board.name, fold=run["fold"])
    columns = ("piece_id", "work_id", "composer")
    rows = [
        (split, *(pieces[split_of == split][column].nunique() for column in columns))
        for split in SPLITS
    ]
    table = markdown_table(["split", "pieces", "works", "composers"], rows, numbers_from=1)
    return (
        "## Split\n\nTrained on `train`, selected on `valid`, tested on `test` of fold "
        f"{run['fold']} of the scheme `official`, in which no work is in two splits. The data have "
        f"the fingerprint `{run['fingerprint']}`.\n\n{table}"
    )


def _scores(task: Task, metrics: Mapping[str, Any]) -> str:
    rows = []
    for name in metrics:
        if f"{name}_ci95" in metrics:
            measure, interval = shown_as(name), metrics[f"{name}_ci95"] or (None, None)
            rows.append((measure.title, measure.text(metrics[name]), measure.interval(*interval)))
    counts = ", ".join(
        f"{metrics[key]:,} {key.removeprefix('num_')}"
        for key in (f"num_{task.unit}s", "num_pieces", "num_works")
        if key in metrics
    )
    composers = metrics["by_composer"]
    columns = list(next(iter(composers.values())))
    of_composers = [
        (composer, *(_cell(column, row[column]) for column in columns))
        for composer, row in composers.items()
    ]
    titles = [shown_as(column).title.removeprefix("num ") for column in columns]
    return (
        f"## Scores\n\nOn the test split ({counts}), each prediction made once, with the 95 % "
        "interval over works:\n\n"
        f"{markdown_table(['metric', 'value', 'interval'], rows, numbers_from=1)}\n\n"
        f"{markdown_table(['composer', *titles], of_composers, numbers_from=1)}"
    )


def _cell(column: str, value: float | None) -> str:
    return f"{value:,}" if column.startswith("num_") else shown_as(column).text(value)


def _making(board: Board, result: Mapping[str, Any]) -> str:
    run, machine = result["run"], result["machine"]
    changes = _changes(run["config"], vars(read_config(run["model"], board.name)))
    command = f"musebench reproduce {board.name} --model {run['model']}"
    command += f" --folds {run['fold']} --seeds {run['seed']}"
    start = (
        f"Training started from the checkpoint with the SHA-256 `{run['init']}`, see `musebench "
        "train --init`; without it the command gives another model.\n\n"
        if run["init"]
        else ""
    )
    facts = {
        "seed": run["seed"],
        "training": duration_text(result["train_seconds"]),
        "machine": f"{machine['num_threads']} CPU threads, {machine['platform']}",
        "versions": ", ".join(f"{name} {version}" for name, version in run["packages"].items()),
        "configuration": ", ".join(f"{key} {value}" for key, value in run["config"].items()),
    }
    return (
        f"## How it was made\n\n```\n{command}{changes}\n```\n\n{start}"
        f"{markdown_table(['', ''], facts.items())}"
    )


def _changes(values: Mapping[str, Any], reference: Mapping[str, Any]) -> str:
    """Options that change the reference configuration to these values."""
    changed = {key: value for key, value in values.items() if value != reference[key]}
    return "".join(
        f" --set {key}={value if isinstance(value, str) else json.dumps(value)}"
        for key, value in changed.items()
    )
