"""The pieces of the boards of staff separation and composers, for ``tables.write_table``."""

from pathlib import Path

import pandas as pd

from musebench.corpora import CORPORA
from musebench.errors import InputError
from musebench.splits.dcml import dcml_pieces
from musebench.tasks import TASKS

SMALLEST_COMPOSER = 5  # works: each split needs some of its own
# Staves that hold notes, over all parts, where they are not two.
STAVES_OF_ASAP = {
    "Liszt/Hungarian_Rhapsodies/6": 4,
    "Liszt/Transcendental_Etudes/4": 3,
    "Ravel/Gaspard_de_la_Nuit/1_Ondine": 3,
    "Scriabin/Sonatas/5": 3,
}


def staff_pieces(asap: pd.DataFrame) -> pd.DataFrame:
    """The pieces of ``asap-staff-separation``: those of ASAP on two staves.

    Args:
        asap: The pieces of ``asap-pitch-spelling``, see ``tables.asap_pieces``.
    """
    too_many = asap["piece_id"].map(STAVES_OF_ASAP)
    reason = too_many.map(lambda count: f"notes on {count:.0f} staves", na_action="ignore")
    return asap.assign(
        exclusion=asap["exclusion"].where(asap["exclusion"] != "", reason.fillna(""))
    )


def composer_pieces(root: str | Path | None = None) -> pd.DataFrame:
    """The pieces of ``dcml-composer``: the keyboard music of composers with five works or more.

    Args:
        root: The data home.

    Raises:
        DownloadError: If the titles of a corpus cannot be had.
        InputError: If the composers are not the classes of the task.
    """
    table = dcml_pieces(CORPORA["dcml_keyboard"].members, "notes", root)
    num_works = table.groupby("composer")["work_id"].nunique()
    enough = tuple(sorted(num_works[num_works >= SMALLEST_COMPOSER].index))
    if enough != TASKS["composer"].heads["composer"]:
        msg = f"{SMALLEST_COMPOSER} works or more have {', '.join(enough)}: the classes differ."
        raise InputError(msg)
    few = f"fewer than {SMALLEST_COMPOSER} works of " + table["composer"]
    return table.assign(exclusion=few.where(~table["composer"].isin(enough), ""))
