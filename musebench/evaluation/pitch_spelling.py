"""What pitch spelling makes of its predictions."""

from musebench.evaluation.metrics import best_shifts, is_altered, is_labelled
from musebench.evaluation.summary import Outcome, Outcomes
from musebench.evaluation.targets import PooledNotes


def pitch_spelling_outcomes(notes: PooledNotes) -> Outcomes:
    """Return right and wrong notes by metric, and the shift of each piece in fifths."""
    target, prediction = notes.target["spelling"], notes.prediction["spelling"]
    shifts = best_shifts(target, prediction, notes.piece)
    shift = shifts[notes.piece]
    right, labelled = target == prediction, is_labelled(target)
    by_metric = {
        "accuracy": Outcome(right, labelled),
        "accuracy_up_to_shift": Outcome(target == prediction + shift, labelled),
        "accuracy_altered": Outcome(right, is_altered(target)),
        "accuracy_without_zero_duration": Outcome(right, labelled & (notes.duration_div > 0)),
    }
    if "key_signature" in notes.prediction:
        target, prediction = notes.target["key_signature"], notes.prediction["key_signature"]
        labelled = is_labelled(target)
        by_metric["key_signature_accuracy"] = Outcome(target == prediction, labelled)
        by_metric["key_signature_accuracy_up_to_shift"] = Outcome(
            target == prediction + shift, labelled
        )
    return Outcomes(by_metric, by_piece={"shift": shifts})
