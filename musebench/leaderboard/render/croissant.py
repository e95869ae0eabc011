"""The boards for machines that search data sets: Croissant metadata, and ``registry.json``.

They describe what is published here: the table of the pieces with their works, splits and folds,
and the standings. Scores and annotations stay where their corpora are; the metadata name their
repositories and commits.

Source: Croissant format specification 1.0, MLCommons (2024).
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from musebench import __version__
from musebench.boards import BOARDS, Board
from musebench.corpora import terms_of
from musebench.errors import REPOSITORY
from musebench.leaderboard.standings import Standings
from musebench.splits import NUM_FOLDS, read_pieces, table_of_pieces

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
RAW = f"https://raw.githubusercontent.com/{REPOSITORY}/main"
COLUMNS = {
    "piece_id": "Name of the piece in its corpus.",
    "work_id": "The work, which is in one fold of all boards.",
    "composer": "The composer.",
    "title": "The title.",
    "split_official": "Split of fold 0.",
    "fold": f"The fold, 0 to {NUM_FOLDS - 1}, in whose test split the piece is.",
    "exclusion": "Why the piece is left out; empty if it is not.",
}


def croissant(board: Board, standings: Standings) -> str:
    """The metadata of a board, as JSON-LD."""
    table = table_of_pieces(board.name).read_text("utf-8")
    columns = [c for c in table.partition("\n")[0].split(",") if c in COLUMNS]
    content = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": board.name,
        "description": f"{board.title}. {_sizes(standings)} {board.source}".strip(),
        "version": f"{board.version}.0",
        "license": terms_of(board.corpus.license).url,
        "url": f"https://github.com/{REPOSITORY}/blob/main/docs/cards/{board.name}.md",
        "citeAs": board.corpus.citation,
        "datePublished": max((e.submitted for e in standings.entries), default="2026-11-30"),
        "creator": {"@type": "Organization", "name": "The musebench authors"},
        "keywords": ["music information retrieval", "symbolic music", board.task.name],
        "isLiveDataset": False,
        "isBasedOn": [source["url"] for source in sources_of(board)],
        "distribution": [_file_of(board.name, table)],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "pieces",
                "name": "pieces",
                "key": {"@id": "pieces/piece_id"},
                "field": [_field(column) for column in columns],
            }
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _file_of(name: str, table: str) -> dict[str, str]:
    """The table of the pieces of a board, as a file."""
    return {
        "@type": "cr:FileObject",
        "@id": "pieces.csv",
        "name": "pieces.csv",
        "description": "The pieces with their works, splits and folds.",
        "contentUrl": f"{RAW}/musebench/splits/{name}.csv",
        "encodingFormat": "text/csv",
        "sha256": hashlib.sha256(table.encode()).hexdigest(),
    }


def _sizes(standings: Standings) -> str:
    return f"{standings.num_pieces} pieces of {standings.num_works} works, in {NUM_FOLDS} folds."


def _field(column: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"pieces/{column}",
        "name": column,
        "description": COLUMNS[column],
        "dataType": "sc:Integer" if column == "fold" else "sc:Text",
        "source": {"fileObject": {"@id": "pieces.csv"}, "extract": {"column": column}},
    }


def sources_of(board: Board) -> Iterator[dict[str, str]]:
    """The repositories of the corpus, each at its commit."""
    for corpus in board.corpus.members:
        repository, commit = getattr(corpus, "repository", ""), getattr(corpus, "commit", "")
        if commit:
            url = f"https://github.com/{repository}/tree/{commit}"
            yield {"name": corpus.name, "url": url, "license": corpus.license}
        else:
            yield {"name": corpus.name, "url": "https://pypi.org/project/music21/",
                   "license": corpus.license}  # fmt: skip


def registry(list_of_standings: list[Standings]) -> str:
    """``registry.json``: every board, what it asks, and where its data and numbers are."""
    boards = []
    for standings in list_of_standings:
        board = BOARDS.get(standings.board)
        if board is None:
            continue
        task = board.task
        boards.append(
            {
                "name": board.name,
                "version": board.version,
                "about": board.about,
                "dataset": board.dataset,
                "task": {"name": task.name, "kind": task.kind, "family": task.family or task.name},
                "heads": {head: list(classes) for head, classes in task.heads.items()},
                "metrics": list(task.main_metrics),
                "license": board.corpus.license,
                "sources": list(sources_of(board)),
                "num_pieces": len(read_pieces(board.name)),
                "num_works": int(read_pieces(board.name)["work_id"].nunique()),
                "is_smoke_test": board.is_smoke_test,
                "is_lite": board.is_lite,
                "page": f"boards/{board.name}.html",
                "standings": f"data/{board.name}/standings.json",
                "croissant": f"data/{board.name}/croissant.json",
            }
        )
    content = {"format": "musebench.registry/1", "musebench": __version__, "boards": boards}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
