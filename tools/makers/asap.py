"""The pieces of the boards of ASAP: one score per title, and why others are left out."""

import re

import pandas as pd

from makers.schemes import split_composers
from makers.work_names import work_of
from musebench.corpora import CORPORA, fetch
from musebench.errors import InputError

(ASAP,) = CORPORA["asap"].members
PERFORMED = CORPORA["asap_performance"]
METADATA = "metadata.csv"  # of the corpus, a row per performance
REPEAT_VARIANT = re.compile(r"(_(no|extra)(_\w+?)?)?_repeat$")  # of a score, in its name
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
# Staves that hold notes, over all parts, where they are not two.
STAVES_OF_ASAP = {
    "Liszt/Hungarian_Rhapsodies/6": 4,
    "Liszt/Transcendental_Etudes/4": 3,
    "Ravel/Gaspard_de_la_Nuit/1_Ondine": 3,
    "Scriabin/Sonatas/5": 3,
}


def read_metadata() -> pd.DataFrame:
    """The table of the corpus, a row per score: ``piece_id``, ``composer``, ``title``, ...

    Raises:
        DownloadError: If it cannot be read.
        InputError: If it lacks a piece of the registry.
    """
    table = pd.read_csv(fetch(ASAP, [METADATA])[METADATA])
    table = table.rename(columns={"folder": "piece_id"}).drop_duplicates("piece_id")
    known = {piece.piece_id for corpus in (ASAP, PERFORMED) for piece in corpus.pieces}
    if missing := sorted(known - set(table["piece_id"])):
        msg = f"the {METADATA} of ASAP lacks {missing[0]}."
        raise InputError(msg)
    table = table[["piece_id", "composer", "title"]]
    table["work_id"] = [work_of(ASAP.name, piece) for piece in table["piece_id"]]
    return table.sort_values("piece_id", ignore_index=True)


def asap_pieces() -> pd.DataFrame:
    """The pieces of ``asap-pitch-spelling``.

    Raises:
        InputError: If a title is left with two scores, or a composer has no split.
    """
    table = read_metadata()
    table["exclusion"] = _exclusions(table["piece_id"].tolist())
    if table[table["exclusion"] == ""].duplicated(["composer", "title"]).any():
        msg = "a (composer, title) of ASAP is left with two scores."
        raise InputError(msg)
    return split_composers(table, COMPOSERS_OF_ASAP)


def _exclusions(piece_ids: list[str]) -> list[str]:
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


def staff_pieces() -> pd.DataFrame:
    """The pieces of ``asap-staff-separation``: those of ASAP on two staves."""
    table = asap_pieces()
    too_many = table["piece_id"].map(STAVES_OF_ASAP)
    reason = too_many.map(lambda count: f"notes on {count:.0f} staves", na_action="ignore")
    return table.assign(
        exclusion=table["exclusion"].where(table["exclusion"] != "", reason.fillna(""))
    )


def performance_pieces() -> pd.DataFrame:
    """The pieces of ``asap-performance``.

    Of scores of one title that differ in their repeats, that with most performances is taken, of
    equals that with the shorter name, then the first by name.
    """
    count = {piece.piece_id: len(piece.files) for piece in PERFORMED.pieces}
    table = read_metadata()
    table = table[table["piece_id"].isin(list(count))]
    plain = {piece: REPEAT_VARIANT.sub("", piece) for piece in count}
    best: dict[str, str] = {}
    for piece in sorted(count, key=lambda name: (-count[name], len(name), name)):
        best.setdefault(plain[piece], piece)
    table["exclusion"] = [
        "" if piece == best[plain[piece]] else f"repeat variant of {best[plain[piece]]}"
        for piece in table["piece_id"]
    ]
    return split_composers(table, COMPOSERS_OF_ASAP)
