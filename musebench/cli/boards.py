"""The commands that say what boards there are, what they are made of, and whom to cite."""

from typing import Any

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, BoardName, BoardNames, Every, Root
from musebench.errors import InputError


def list_boards(as_json: AsJson = False) -> None:
    """List the boards, with the number of pieces in each split."""
    from musebench.boards import BOARDS
    from musebench.splits import SPLITS, split_of_pieces

    rows = []
    for board in BOARDS.values():
        counts = split_of_pieces(board.name).value_counts()
        about = f"{board.about} (smoke test)" if board.is_smoke_test else board.about
        row: dict[str, Any] = {"board": board.name, "dataset": board.dataset, "about": about}
        rows.append(row | {split: int(counts.get(split, 0)) for split in SPLITS})
    show.rows(rows, as_json=as_json, title="Boards; pieces of each split")


def info(board: BoardName, as_json: AsJson = False) -> None:
    """Describe a board: source, licence, labels, inputs, splits, exclusions."""
    from musebench.boards import find_board
    from musebench.features import feature_names
    from musebench.splits import read_exclusions, split_of_pieces, split_schemes

    found = find_board(board)
    exclusions = read_exclusions(board)
    reasons = exclusions["reason"].str.replace(r" of \S+$", " of another piece", regex=True)
    facts = {
        "board": found.name,
        "version": found.version,
        "dataset": f"musebench.{found.dataset}",
        "about": found.about,
        "is_smoke_test": found.is_smoke_test,
        "source": found.corpus.source,
        "license": found.corpus.license,
        "task": found.task.name,
        "heads": {head: len(classes) for head, classes in found.task.heads.items()},
        "inputs": list(feature_names(found.task.inputs)),
        "main_metrics": list(found.task.main_metrics),
        "pieces": {
            scheme: split_of_pieces(board, scheme).value_counts().to_dict()
            for scheme in split_schemes(board)
        },
        "test pieces by fold": _by_fold(board),
        "exclusions": reasons.value_counts().to_dict(),
        "citation": found.corpus.citation,
    }
    show.facts(facts, as_json=as_json)


def _by_fold(board: str) -> dict[int, int]:
    from musebench.splits import fold_of_pieces

    folds = fold_of_pieces(board)
    return {int(fold): int((folds == fold).sum()) for fold in sorted(set(folds[folds >= 0]))}


def card(board: BoardName, root: Root = None, as_json: AsJson = False) -> None:
    """Print a board's card as Markdown: labels, sizes, class balance, exclusions, pitfalls."""
    from musebench.boards import find_board
    from musebench.card import write_card

    text = write_card(find_board(board), root)
    content = {"board": board, "markdown": text}
    show.answer(content, lambda: typer.echo(text, nl=False), as_json=as_json)


def cite(boards: BoardNames = None, every: Every = False, as_json: AsJson = False) -> None:
    """Print the BibTeX entries of the corpora behind boards, each once."""
    from musebench.boards import BOARDS, find_board

    if bool(boards) == every:
        msg = "cite takes the names of boards, or --all; one of the two."
        raise InputError(msg)
    found = [find_board(name) for name in (BOARDS if every else boards or ())]
    citations = {board.corpus.name: board.corpus.citation for board in found}
    text = "\n".join(dict.fromkeys(citations.values()))
    show.answer(citations, lambda: typer.echo(text), as_json=as_json)


def show_license(board: BoardName, as_json: AsJson = False) -> None:
    """Print the licence of a board's scores, and what it means for you."""
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
