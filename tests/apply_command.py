"""The command ``musebench apply``."""

from typer.testing import CliRunner

from musebench.cli.app import app


def run(*arguments):
    return CliRunner().invoke(app, ["apply", *map(str, arguments)])
