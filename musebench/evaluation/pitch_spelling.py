"""What pitch spelling makes of its predictions."""

from functools import partial

from musebench.evaluation.metrics import best_shifts, is_altered, is_labelled
from musebench.evaluation.summary import Outcomes, share_of
from musebench.evaluation.targets import Pooled


def pitch_spelling_outcomes(notes: Pooled) -> Outcomes:
    """Return the metrics, and the shift of each piece in fifths."""
    target, prediction = notes.target["spelling"], notes.prediction["spelling"]
    shifts = best_shifts(target, prediction, notes.piece)
    shift = shifts[notes.piece]
    right, labelled = target == prediction, is_labelled(target)
    shared = partial(share_of, piece=notes.piece, num_pieces=len(notes.pieces))
    by_metric = {
        "accuracy": shared(right, labelled),
        "accuracy_up_to_shift": shared(target == prediction + shift, labelled),
        "accuracy_altered": shared(right, is_altered(target)),
        "accuracy_without_zero_duration": shared(
            right, labelled & (notes.context["duration_div"] > 0)
        ),
    }
    if "key_signature" in notes.prediction:
        target, prediction = notes.target["key_signature"], notes.prediction["key_signature"]
        labelled = is_labelled(target)
        by_metric["key_signature_accuracy"] = shared(target == prediction, labelled)
        by_metric["key_signature_accuracy_up_to_shift"] = shared(
            target == prediction + shift, labelled
        )
    return Outcomes(by_metric, by_piece={"shift": shifts})
