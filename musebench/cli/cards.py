"""The commands that say what a board is made of, whom to cite, and what its licence asks."""

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, BoardName, BoardNames, Every, Root
from musebench.errors import InputError


def card(board: BoardName, root: Root = None) -> None:
    """Print a board's card as Markdown: labels, sizes, class balance, exclusions, pitfalls."""
    from musebench.boards import find_board
    from musebench.card import write_card

    typer.echo(write_card(find_board(board), root), nl=False)


def cite(boards: BoardNames = None, every: Every = False) -> None:
    """Print the BibTeX of the corpora behind boards, each once."""
    from musebench.boards import BOARDS, find_board

    if bool(boards) == every:
        msg = "cite takes the names of boards or --all, one of both."
        raise InputError(msg)
    found = [find_board(name) for name in (BOARDS if every else boards or ())]
    typer.echo("\n".join(dict.fromkeys(board.corpus.citation for board in found)))


def show_license(board: BoardName, as_json: AsJson = False) -> None:
    """Say under which licence a board's scores are, and what that means for you."""
    from musebench.boards import find_board
    from musebench.corpora import terms_of

    corpus = find_board(board).corpus
    terms = terms_of(corpus.license)
    facts = {
        "scores": corpus.title,
        "source": corpus.source,
        "license": corpus.license,
        "name": terms.name,
        "text": terms.url,
        "meaning": terms.meaning,
    }
    show.facts(facts, as_json=as_json)
