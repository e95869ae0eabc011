"""The pieces of ``asap-performance``: one score a title, and why others are left out."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from musebench.corpora.asap import ASAP
from musebench.corpora.asap_performance import ASAP_PERFORMANCE
from musebench.errors import InputError
from musebench.splits.work_names import work_of

if TYPE_CHECKING:
    import pandas as pd

REPEAT_VARIANT = re.compile(r"(_(no|extra)(_\w+?)?)?_repeat$")  # of a score, in its name


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
        InputError: If the table lacks a piece of the registry.
    """
    import pandas as pd

    table = pd.read_csv(metadata).drop_duplicates("folder").set_index("folder")
    count = {piece.piece_id: len(piece.files) for piece in ASAP_PERFORMANCE.pieces}
    if missing := sorted(count.keys() - set(table.index)):
        msg = f"the metadata.csv of ASAP lacks {missing[0]}."
        raise InputError(msg)
    rows = table.loc[sorted(count), ["composer", "title"]].rename_axis("piece_id").reset_index()
    rows["work_id"] = [work_of(ASAP.name, piece) for piece in rows["piece_id"]]
    plain = {piece: REPEAT_VARIANT.sub("", piece) for piece in count}
    best: dict[str, str] = {}
    for piece in sorted(count, key=lambda name: (-count[name], len(name), name)):
        best.setdefault(plain[piece], piece)
    rows["exclusion"] = [
        "" if piece == best[plain[piece]] else f"repeat variant of {best[plain[piece]]}"
        for piece in rows["piece_id"]
    ]
    return rows
