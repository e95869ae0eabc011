"""The command that counts what a dataset is made of."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, BoardName, Root

if TYPE_CHECKING:
    import pandas as pd


def stats(
    board: BoardName,
    plot: Annotated[
        Path | None,
        typer.Option(help="Folder for figures, .svg; needs `pip install 'musebench\\[plot]'`."),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Count pieces, composers, classes, sizes and edges of a dataset."""
    from musebench.datasets import dataset_statistics, load

    tables = dataset_statistics(load(board, root, reveal_test_labels=True))
    content = {name: json.loads(table.to_json()) for name, table in tables.items()}
    show.answer(content, lambda: _tell(board, tables, markdown=markdown), as_json=as_json)
    if plot is not None:
        for file in _draw(board, tables, plot):
            typer.echo(file, err=True)


def _tell(board: str, tables: "dict[str, pd.DataFrame]", *, markdown: bool) -> None:
    if markdown:
        typer.echo(as_markdown(board, tables), nl=False)
        return
    for name, table in tables.items():
        records = table.round(2).reset_index(names=table.index.name or "").to_dict("records")
        show.rows(records, as_json=False, title=f"{board}: {name.replace('_', ' ')}")


def as_markdown(board: str, tables: "dict[str, pd.DataFrame]") -> str:
    """The tables as a section of ``docs/statistics.md``."""
    sections = [f"## {board}"]
    for name, table in tables.items():
        lines = [[str(table.index.name or ""), *map(str, table.columns)]]
        lines.append(["---", *["--:"] * len(table.columns)])
        for index, row in zip(table.index, table.to_numpy(), strict=True):
            lines.append([str(index), *map(_cell, row)])
        body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        sections.append(f"**{name.replace('_', ' ').capitalize()}**\n\n{body}")
    return "\n\n".join(sections) + "\n"


def _cell(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _draw(board: str, tables: "dict[str, pd.DataFrame]", folder: Path) -> list[Path]:
    from musebench.plots import draw_statistics, save

    figures = draw_statistics(board, tables)
    return [save(figure, folder / f"{board}-{name}.svg") for name, figure in figures.items()]
