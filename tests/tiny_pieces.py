"""Three tiny pieces, their predictions by hand, and the evaluator of them."""

import numpy as np

from musebench.annotations import IGNORE_LABEL
from musebench.evaluation import Evaluator, PieceTarget
from musebench.pitch import SPELLING_CLASSES
from musebench.tasks import PITCH_SPELLING


def lasting(num_notes):
    """Notes that are no grace notes."""
    return {"duration_div": np.ones(num_notes, int)}


def spell(names):
    """Spelling classes of names such as ``"C# Db"``; ``-`` has no class."""
    return np.array(
        [IGNORE_LABEL if name == "-" else SPELLING_CLASSES.index(name) for name in names.split()]
    )


def key(fifths, num_notes):
    return np.full(num_notes, fifths + 7)


def make_piece(piece_id, names, fifths, *, work=None, composer="Bach", duration=None):
    labels = spell(names)
    return PieceTarget(
        piece_id,
        work or piece_id,
        composer,
        {"spelling": labels, "key_signature": key(fifths, len(labels))},
        {"duration_div": np.ones_like(labels) if duration is None else np.array(duration)},
    )


# Piece a: four notes of D major, three right; the wrong one is C# spelled Db, and lasts nothing.
# Piece b: five notes of C# major, of which one has no class; all spelled in D flat major.
# Piece c: two notes of C major, one right.
TARGETS = (
    make_piece("a", "D F# A C#", 2, duration=[1, 1, 1, 0]),
    make_piece("b", "C# E# G# - C#", 7, work="b", composer="Chopin"),
    make_piece("c", "C E", 0, composer="Chopin"),
)
SPELLED = {"a": "D F# A Db", "b": "Db F Ab C Db", "c": "C Fb"}
FIFTHS = {"a": 2, "b": -5, "c": 1}


def full_prediction():
    return {
        piece_id: {
            "spelling": spell(names),
            "key_signature": key(FIFTHS[piece_id], len(names.split())),
        }
        for piece_id, names in SPELLED.items()
    }


def spelling_prediction():
    return {piece_id: spell(names) for piece_id, names in SPELLED.items()}


def evaluate(y_pred, targets=TARGETS, **options):
    return Evaluator.from_targets(PITCH_SPELLING, targets, **options).eval({"y_pred": y_pred})
