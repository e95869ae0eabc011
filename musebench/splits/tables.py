"""Write ``<board>.csv``: the pieces of each board, their works and splits, why others are excluded.

Run ``python -m musebench.splits.tables --asap-metadata metadata.csv`` after ``works.csv`` has
changed; ``metadata.csv`` is that of the ASAP corpus. The table of the songs has a script of its
own, ``musebench.splits.lieder``.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from musebench.corpora import CORPORA
from musebench.errors import InputError
from musebench.splits import DESCRIBING_COLUMNS, SPLIT_PREFIX
from musebench.splits.asap_performance import REPEAT_VARIANT, asap_performance_pieces
from musebench.splits.augmentednet import COMPOSERS_OF_AUGMENTEDNET, augmentednet_pieces
from musebench.splits.dcml import dcml_pieces
from musebench.splits.keyboard import composer_pieces, staff_pieces
from musebench.splits.work_names import work_of

ASAP, MUSIC21_CHORALES = CORPORA["asap"], CORPORA["music21_chorales"]
FOLDER = Path(__file__).parent
OFFICIAL, COMPOSER = f"{SPLIT_PREFIX}official", f"{SPLIT_PREFIX}composer"
NOT_VETTED = {
    "Liszt/Mephisto_Waltz",
    "Liszt/Sonata",
    "Schubert/Wanderer_fantasie",
}

# Who has more than a tenth of the notes trains; of the others the two whose shares come nearest to
# 5 per cent validate; the rest is for the test: 72.5 / 7.6 / 20.0 per cent of the notes. The other
# boards of ASAP take the same, so that who is unseen in one is unseen in all.
COMPOSERS_OF_ASAP = {
    "train": ("Bach", "Beethoven", "Chopin", "Liszt"),
    "valid": ("Haydn", "Schumann"),
    "test": (
        "Balakirev",
        "Brahms",
        "Debussy",
        "Glinka",
        "Mozart",
        "Prokofiev",
        "Rachmaninoff",
        "Ravel",
        "Schubert",
        "Scriabin",
    ),
}


def asap_pieces(metadata: Path) -> pd.DataFrame:
    """The pieces of ``asap-pitch-spelling``.

    Args:
        metadata: The corpus' table, one row a performance.

    Raises:
        InputError: If a title is left with two scores, a composer has no split, or the table lacks
            a piece of the registry.
    """
    table = pd.read_csv(metadata).drop_duplicates("folder").sort_values("folder")
    table = table.rename(columns={"folder": "piece_id"})
    table["exclusion"] = _asap_exclusions(table["piece_id"].tolist())
    table["work_id"] = [work_of(ASAP.name, piece) for piece in table["piece_id"]]
    included = table[table["exclusion"] == ""]
    if included.duplicated(["composer", "title"]).any():
        msg = "a (composer, title) of ASAP is left with two scores."
        raise InputError(msg)
    if {piece.piece_id for piece in ASAP.pieces} - set(table["piece_id"]):
        msg = "the registry of ASAP has pieces that its metadata.csv lacks."
        raise InputError(msg)
    return split_composers(table, COMPOSERS_OF_ASAP)


def split_composers(table: pd.DataFrame, composers: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Add the scheme ``composer``.

    Args:
        table: A row a piece, with the column ``composer``.
        composers: The composers of each split; those that no piece is by are passed over.

    Raises:
        InputError: If a composer has no split.
    """
    splits = {name: split for split, names in composers.items() for name in names}
    if unknown := set(table["composer"]) - splits.keys():
        msg = f"no split of composers has {', '.join(sorted(unknown))}."
        raise InputError(msg)
    return table.assign(**{COMPOSER: table["composer"].map(splits)})


def _asap_exclusions(piece_ids: list[str]) -> list[str]:
    reasons = []
    for piece_id in piece_ids:
        plain = REPEAT_VARIANT.sub("", piece_id)
        if piece_id in NOT_VETTED:
            reasons.append("not vetted in 1.0")
        elif plain != piece_id and plain in piece_ids:
            reasons.append(f"repeat variant of {plain}")
        else:
            reasons.append("")
    return reasons


def chorale_pieces() -> pd.DataFrame:
    """The pieces of ``chorale-pitch-spelling``: the title is the tune."""
    tunes = pd.read_csv(FOLDER / "chorale_tunes.csv", dtype=str)
    reasons = pd.read_csv(FOLDER / "chorale_exclusions.csv", dtype=str)
    table = tunes[tunes["corpus"] == MUSIC21_CHORALES.name].rename(columns={"tune": "title"})
    table = table.merge(reasons.rename(columns={"reason": "exclusion"}), "left", "piece_id")
    table["exclusion"] = table["exclusion"].fillna("")
    table["composer"] = "Bach"
    table["work_id"] = [work_of(MUSIC21_CHORALES.name, piece) for piece in table["piece_id"]]
    return table.sort_values("piece_id")


def write_table(table: pd.DataFrame, board: str) -> None:
    """Add the official split of each piece's work and write ``<board>.csv``.

    Raises:
        InputError: If a work of an included piece is not in ``works.csv``.
    """
    works = pd.read_csv(FOLDER / "works.csv").set_index("work_id")["split"]
    missing = set(table.loc[table["exclusion"] == "", "work_id"]) - set(works.index)
    if missing:
        names = ", ".join(sorted(missing)[:5])
        msg = f"works.csv lacks {names}; run musebench.splits.assign first."
        raise InputError(msg)
    table = table.assign(**{OFFICIAL: table["work_id"].map(works).fillna("")})
    others = [name for name in map(str, table) if name.startswith(SPLIT_PREFIX)]
    others.remove(OFFICIAL)
    columns = [*DESCRIBING_COLUMNS, OFFICIAL, *others, "exclusion"]
    table[columns].to_csv(FOLDER / f"{board}.csv", index=False, lineterminator="\n")


def main() -> None:
    """Write the tables of all boards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asap-metadata", type=Path, required=True)
    arguments = parser.parse_args()
    asap = asap_pieces(arguments.asap_metadata)
    write_table(asap, "asap-pitch-spelling")
    write_table(staff_pieces(asap), "asap-staff-separation")
    write_table(composer_pieces(), "dcml-composer")
    write_table(chorale_pieces(), "chorale-pitch-spelling")
    numerals = split_composers(augmentednet_pieces(), COMPOSERS_OF_AUGMENTEDNET)
    write_table(numerals, "augmentednet-roman-numeral")
    performed = split_composers(asap_performance_pieces(arguments.asap_metadata), COMPOSERS_OF_ASAP)
    write_table(performed, "asap-performance")
    write_table(chorale_pieces(), "chorale-voice-separation")
    ensembles = CORPORA["dcml_ensembles"].members
    write_table(dcml_pieces(ensembles, "notes"), "dcml-voice-separation")


if __name__ == "__main__":
    main()
