"""The pieces of ``asap-performance``: one score a title, and why others are left out."""

from pathlib import Path
from typing import TYPE_CHECKING

from musebench.corpora.asap import ASAP
from musebench.corpora.asap_performance import ASAP_PERFORMANCE
from musebench.splits.work_names import work_of

if TYPE_CHECKING:
    import pandas as pd


def asap_performance_pieces(metadata: Path) -> "pd.DataFrame":
    """The pieces of the board, for ``tables.write_table``.

    Of scores of one title that differ in their repeats, that with most performances is taken, of
    equals that with the shorter name, then the first by name.

    Args:
        metadata: ``metadata.csv`` of the ASAP corpus, one row a performance.

    Returns:
        A row a piece, sorted by id, with the columns ``piece_id``, ``work_id``, ``composer``,
        ``title``, ``exclusion``.

    Raises:
        ValueError: If the table lacks a piece of the registry.
    """
    import pandas as pd

    table = pd.read_csv(metadata).drop_duplicates("folder").set_index("folder")
    count = {piece.piece_id: len(piece.files) for piece in ASAP_PERFORMANCE.pieces}
    if missing := sorted(count.keys() - set(table.index)):
        msg = f"the metadata.csv of ASAP lacks {missing[0]}."
        raise ValueError(msg)
    rows = table.loc[sorted(count), ["composer", "title"]].rename_axis("piece_id").reset_index()
    rows["work_id"] = [work_of(ASAP.name, piece) for piece in rows["piece_id"]]
    best: dict[tuple[str, str], str] = {}
    for piece in sorted(count, key=lambda name: (-count[name], len(name), name)):
        best.setdefault((table["composer"][piece], table["title"][piece]), piece)
    chosen = [best[key] for key in zip(rows["composer"], rows["title"], strict=True)]
    rows["exclusion"] = [
        "" if piece == kept else f"repeat variant of {kept}"
        for piece, kept in zip(rows["piece_id"], chosen, strict=True)
    ]
    return rows
