"""All commands, in the order of a user's day."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from musebench.cli import (
    annotate,
    apply,
    audit,
    boards,
    files,
    leaderboard,
    plot,
    pretrain,
    release,
    search,
    stats,
    submit,
    symmetry,
    train,
    view,
)

PANELS: dict[str, dict[str, typer.Typer | Callable[..., None]]] = {
    "Find a board": {
        "list": boards.list_boards,
        "info": boards.info,
        "card": boards.card,
        "stats": stats.stats,
        "license": boards.show_license,
        "cite": boards.cite,
    },
    "Train and evaluate": {
        "build": files.build,
        "train": train.train,
        "search": search.search,
        "predict": train.predict,
        "evaluate": train.evaluate,
        "reproduce": train.reproduce,
        "symmetry": symmetry.symmetry,
        "pretrain": pretrain.pretrain,
        "embed": pretrain.embed,
        "probe": pretrain.probe,
    },
    "Use and look": {
        "apply": apply.apply,
        "annotate": annotate.annotate,
        "view": view.view,
        "plot": plot.app,
    },
    "Take part in a leaderboard": {
        "submit": submit.app,
        "leaderboard": leaderboard.app,
        "compare": leaderboard.compare,
        "power": leaderboard.power,
        "ceiling": leaderboard.ceiling,
        "audit": audit.audit,
        "errata": audit.errata,
    },
    "Upkeep": {
        "where": files.where,
        "download": files.download,
        "verify": files.verify,
        "clean": files.clean,
        "release": release.release,
    },
}


class _InOrder(TyperGroup):
    """Lists the commands as the panels have them; typer would list groups of commands last."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Names of all commands, in order."""
        return [name for commands in PANELS.values() for name in commands]


def _print_version(wanted: bool) -> None:
    if wanted:
        from musebench import __version__

        typer.echo(f"musebench {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=_InOrder,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


@app.callback()
def musebench(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Benchmark datasets and baselines for graph learning on symbolic music."""


leaderboard.app.command()(view.explain)
for panel, commands in PANELS.items():
    for name, command in commands.items():
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=panel)
        else:
            app.command(name, rich_help_panel=panel)(command)
