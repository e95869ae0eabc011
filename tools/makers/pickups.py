"""The weights of ``musebench.score.pickup``, fitted on all notated scores and evaluated.

``python tools pickups`` prints how many pickups are found in each corpus by weights that were
fitted without it, then ``WEIGHTS``, fitted on all corpora.
"""

from fractions import Fraction

import numpy as np
from scipy.optimize import minimize

from musebench.corpora import CORPORA
from musebench.score import NoteTable, pickup
from musebench.store import load_notes

PENALTY = 0.1  # of squared weights
TOGETHER = "dcml"  # the format whose corpora are left out together
FORMATS = (TOGETHER, "score", "score-with-fermatas")  # of notated scores


def cases() -> list[tuple[str, np.ndarray, int]]:
    """Corpus, features of the places, and the place of the first barline, of each score."""
    found = []
    single = {member.name: member for corpus in CORPORA.values() for member in corpus.members}
    for corpus in single.values():
        if corpus.format not in FORMATS:
            continue
        group = TOGETHER if corpus.format == TOGETHER else corpus.name
        for notes in load_notes(corpus).tables.values():
            case = case_of(notes)
            if case:
                found.append((group, *case))
    return found


def case_of(notes: NoteTable) -> tuple[np.ndarray, int] | None:
    """What a sequencer would have written of a score: measures from the first note."""
    length = notes.measures.end_div[0] - notes.measures.start_div[0]
    truth = Fraction(int(length if notes.measures.position_div[0] else 0), notes.divs_pq) * 4
    weighed = pickup.features_of_places(notes)
    if weighed is None or truth.denominator > 1:
        return None
    return weighed, int(truth)


def fit(features: list[np.ndarray], places: list[int]) -> np.ndarray:
    """Weights of the conditional logit model."""
    count = np.array([len(rows) for rows in features])
    start = np.cumsum(count) - count
    of_case = np.repeat(np.arange(len(features)), count)
    table, chosen = np.concatenate(features), start + places

    def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
        score = table @ weights
        score -= np.maximum.reduceat(score, start)[of_case]
        total = np.add.reduceat(np.exp(score), start)
        probability = np.exp(score) / total[of_case]
        value = np.log(total).sum() - score[chosen].sum() + PENALTY * weights @ weights
        slope = table.T @ probability - table[chosen].sum(axis=0) + 2 * PENALTY * weights
        return value, slope

    best = minimize(cost, np.zeros(table.shape[1]), jac=True, method="L-BFGS-B").x
    return np.asarray(best)


def judge(name: str, features: list[np.ndarray], places: list[int], weights: np.ndarray) -> None:
    """Print how many pickups were found, wrong, and found where there is none."""
    found = []
    for rows in features:
        score = rows @ weights
        probability = np.exp(score - score.max())
        best = int(score.argmax())
        is_evident = probability[best] > pickup.LEAST_PROBABILITY * probability.sum()
        found.append(best if is_evident else 0)
    there, told = np.array(places), np.array(found)
    print(  # noqa: T201
        f"{name}: {np.sum((there > 0) & (told == there))} of {np.sum(there > 0)} pickups found, "
        f"{np.sum((there > 0) & (told > 0) & (told != there))} at a wrong place; "
        f"{np.sum((there == 0) & (told > 0))} of {np.sum(there == 0)} scores without one got one"
    )


def fit_and_judge() -> list[float]:
    """Print how well each corpus is judged by the others; return the weights of all."""
    found = cases()
    for name in dict.fromkeys(case[0] for case in found):
        learned = [case for case in found if case[0] != name]
        judged = [case for case in found if case[0] == name]
        weights = fit([case[1] for case in learned], [case[2] for case in learned])
        judge(name, [case[1] for case in judged], [case[2] for case in judged], weights)
    features, places = [case[1] for case in found], [case[2] for case in found]
    weights = np.round(fit(features, places), 2)
    judge("all, by weights fitted on all", features, places, weights)
    return [float(weight) for weight in weights]
