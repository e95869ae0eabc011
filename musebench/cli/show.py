"""What a person sees: tables on a terminal, or JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from musebench.leaderboard.standings import Standings

WIDTH_IN_FILES = 160  # characters, where no terminal says how wide it is

SHOWN_METRICS = {
    "accuracy": "accuracy",
    "accuracy_up_to_shift": "up to a shift",
    "accuracy_altered": "altered notes",
    "accuracy_piece_mean": "piece mean",
    "key_signature_accuracy": "key signature",
    "link_f1": "link F1",
    "link_precision": "precision",
    "link_recall": "recall",
    "link_f1_piece_mean": "piece mean",
}


def rows(values: Sequence[Mapping[Any, Any]], *, as_json: bool, title: str = "") -> None:
    """Print records as a table or as JSON."""
    if as_json:
        _print_json(values)
        return
    table = Table(title=title, title_justify="left")
    for name in values[0]:
        is_number = isinstance(values[0][name], int)
        table.add_column(name, justify="right" if is_number else "left", no_wrap=name == "board")
    for value in values:
        table.add_row(*(str(item) for item in value.values()))
    _console().print(table)


def facts(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print names and values."""
    if as_json:
        _print_json(values)
        return
    table = Table(show_header=False, box=None)
    for name, value in values.items():
        table.add_row(name, _in_words(value))
    _console().print(table)


def metrics(by_name: Mapping[str, Mapping[str, Any]], title: str = "") -> None:
    """Print the metrics of some runs, in percent, with 95 % intervals where there are any."""
    table = Table(title=title, title_justify="left", caption="percent [95 % interval over works]")
    table.add_column("", no_wrap=True)
    known = set().union(*by_name.values())
    shown = [metric for metric in SHOWN_METRICS if metric in known]
    for metric in shown:
        table.add_column(SHOWN_METRICS[metric], justify="right")
    for name, values in by_name.items():
        table.add_row(name, *(_percent(values, metric) for metric in shown))
    _console().print(table)


def by_composer(values: Mapping[str, Any]) -> None:
    """Print the main metrics by composer."""
    records = []
    for composer, found in values["by_composer"].items():
        shares = {
            label: f"{100 * found[metric]:.2f}"
            for metric, label in SHOWN_METRICS.items()
            if found.get(metric) is not None
        }
        records.append({"composer": composer, "notes": found["num_notes"], **shares})
    rows(records, as_json=False, title="By composer, percent")


def standings(found: "Standings") -> None:
    """Print a board: ranks, letters, main metrics with intervals, seeds."""
    caption = "percent [95 % interval over works and seeds]; entries that share a letter cannot be "
    table = Table(
        title=f"{found.board} {found.version}, {found.num_works} works",
        title_justify="left",
        caption=f"{caption}told apart",
    )
    for name in ("rank", "", "method", *found.main_metrics, "seeds", "parameters", "id"):
        table.add_column(name, justify="left" if name in ("", "method", "id") else "right")
    for entry in found.entries:
        shown = []
        for metric in found.main_metrics:
            value = entry.metrics.get(metric)
            values: dict[str, Any] = {metric: value.mean} if value else {}
            if value and value.low is not None:
                values[f"{metric}_ci95"] = (value.low, value.high)
            shown.append(_percent(values, metric))
        rank = "-" if entry.rank is None else str(entry.rank)
        row = (rank, entry.letters, entry.method, *shown, str(entry.num_seeds))
        table.add_row(*map(escape, (*row, f"{entry.num_parameters:,}", entry.id)))
    _console().print(table)


def size(num_bytes: float) -> str:
    """Bytes in words: 1.5 MB."""
    for unit in ("bytes", "kB", "MB"):
        if num_bytes < 1000:
            return f"{num_bytes:.0f} {unit}" if unit == "bytes" else f"{num_bytes:.1f} {unit}"
        num_bytes /= 1000
    return f"{num_bytes:.1f} GB"


def _percent(values: Mapping[str, Any], metric: str) -> str:
    value, interval = values.get(metric), values.get(f"{metric}_ci95")
    if value is None:
        return "-"
    text = f"{100 * value:.2f}"
    if interval is None:
        return text
    low, high = interval
    return f"{text} [{100 * low:.1f}, {100 * high:.1f}]"


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_in_words(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _print_json(value: Any) -> None:
    _console().print_json(json.dumps(value, default=int))


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH_IN_FILES)
