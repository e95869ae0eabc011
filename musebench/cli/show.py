"""The output of commands: tables for people, or one JSON document.

Every command prints through ``answer``, the only place that writes JSON. Progress, warnings and
errors go to standard error.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from musebench.evaluation import ClassScore
    from musebench.leaderboard import Standings

WIDTH_IN_FILES = 160  # characters, where no terminal says how wide it is
BAR_WIDTH = 20  # characters of a share of 1


def answer(content: Any, tell: Callable[[], object], *, as_json: bool) -> None:
    """Print the output of a command.

    Args:
        content: All of it: mappings, sequences, dataclasses, numbers, text and paths.
        tell: Prints it for people.
        as_json: Print the content as one JSON document instead; numbers that are not finite become
            null.
    """
    if as_json:
        typer.echo(json.dumps(_plain(content)))
    else:
        tell()


def rows(
    values: Sequence[Mapping[Any, Any]], *, as_json: bool, title: str = "", err: bool = False
) -> None:
    """Print records as a table, to standard error if asked, or as JSON."""
    answer(values, lambda: _print_rows(values, title, err=err), as_json=as_json)


def facts(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print names and values."""
    answer(values, lambda: _print_facts(values), as_json=as_json)


def file(path: Path, *, as_json: bool, **others: Any) -> None:
    """Print the name of a file that was written; as JSON with other facts beside it."""
    answer({"file": path, **others}, lambda: typer.echo(path), as_json=as_json)


def _print_rows(values: Sequence[Mapping[Any, Any]], title: str, *, err: bool) -> None:
    if not values:
        typer.echo(f"{title}: none.", err=err)
        return
    table = _table(title)
    for name in values[0]:
        is_number = isinstance(values[0][name], int)
        table.add_column(name, justify="right" if is_number else "left", no_wrap=name == "board")
    for value in values:
        table.add_row(*(str(item) for item in value.values()))
    _console(stderr=err).print(table)


def _table(title: str, caption: str = "") -> Table:
    """A table at least as wide as its title, which would be broken into many lines."""
    width = min(len(title), _console().width)
    return Table(title=title, title_justify="left", caption=caption or None, min_width=width)


def _print_facts(values: Mapping[str, Any]) -> None:
    table = Table(show_header=False, box=None)
    for name, value in values.items():
        table.add_row(name, _in_words(value))
    _console().print(table)


def metrics(by_name: Mapping[str, Mapping[str, Any]], title: str = "") -> None:
    """Print the metrics of some runs, a column each, with 95 % intervals where there are any."""
    table = _table(title, caption="[95 % interval over works]")
    table.add_column("metric", no_wrap=True)
    for name in by_name:
        table.add_column(name, justify="right", no_wrap=True)
    known = {name: None for values in by_name.values() for name in values}
    for metric in known:
        if f"{metric}_ci95" in known:
            row = (_value(values, metric) for values in by_name.values())
            table.add_row(_title(metric), *row)
    _console().print(table)


def by_composer(values: Mapping[str, Any]) -> None:
    """Print the main metrics by composer."""
    records = [
        {
            "composer": composer,
            **{
                _title(name): value if name.startswith("num_") else _value(found, name)
                for name, value in found.items()
            },
        }
        for composer, found in values["by_composer"].items()
    ]
    rows(records, as_json=False, title="By composer")


def by_class(head: str, scores: "Sequence[ClassScore]", unit: str) -> None:
    """Print precision, recall and F1 of each class of a head; F1 also as a bar."""
    records = [
        {
            head: score.name,
            **{
                f"{name}, %": "-" if value is None else f"{100 * value:.1f}"
                for name, value in (("precision", score.precision), ("recall", score.recall))
            },
            "F1, %": f"{100 * score.f1:.1f}",
            "": "\N{FULL BLOCK}" * round(BAR_WIDTH * score.f1),
            f"{unit}s": score.num_true,
            "predicted": score.num_predicted,
        }
        for score in scores
    ]
    rows(records, as_json=False, title=f"By class: {head.replace('_', ' ')}")


def standings(found: "Standings") -> None:
    """Print a board: ranks, main metrics with intervals, seeds."""
    from musebench.leaderboard import rank_text, rank_words

    table = _table(
        f"{found.board} {found.version}, {found.num_works} works",
        caption=f"[95 % interval over works and seeds] {rank_words(found.entries)}",
    )
    for name in (
        "rank",
        "method",
        *map(_title, found.main_metrics),
        "seeds",
        "parameters",
        "id",
    ):
        table.add_column(name, justify="left" if name in ("method", "id") else "right")
    for entry in found.rows:
        shown = []
        for metric in found.main_metrics:
            value = entry.metrics.get(metric)
            values: dict[str, Any] = {metric: value.mean} if value else {}
            if value and value.low is not None:
                values[f"{metric}_ci95"] = (value.low, value.high)
            shown.append(_value(values, metric))
        row = (rank_text(entry), entry.method, *shown, str(entry.num_seeds))
        table.add_row(*row, f"{entry.num_parameters:,}", entry.id)
    _console().print(table)


def size(num_bytes: float) -> str:
    """Bytes in words: 1.5 MB."""
    for unit in ("bytes", "kB", "MB"):
        if num_bytes < 1000:
            return f"{num_bytes:.0f} {unit}" if unit == "bytes" else f"{num_bytes:.1f} {unit}"
        num_bytes /= 1000
    return f"{num_bytes:.1f} GB"


def _value(values: Mapping[str, Any], metric: str) -> str:
    """A metric with its interval: a share in percent, anything else as it is."""
    from musebench.leaderboard import is_share

    value, interval = values.get(metric), values.get(f"{metric}_ci95")
    if value is None:
        return "-"
    factor, digits = (100, 2) if is_share(metric) else (1, 4)
    text = f"{factor * value:.{digits}f}"
    if interval is None:
        return text
    low, high = (f"{factor * end:.{digits - 1}f}" for end in interval)
    return f"{text} [{low}, {high}]"


def _title(metric: str) -> str:
    """The name of a metric, for people."""
    from musebench.leaderboard import is_share

    words = metric.replace("_", " ")
    return f"{words}, %" if is_share(metric) else words


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_in_words(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Integral | Real):
        number = int(value) if isinstance(value, Integral) else float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    return [_plain(item) for item in value] if isinstance(value, Iterable) else str(value)


def _console(*, stderr: bool = False) -> Console:
    """A console that prints brackets and colons literally."""
    console = Console(markup=False, emoji=False, stderr=stderr)
    if not console.is_terminal:
        console.width = WIDTH_IN_FILES
    return console
