"""What the pages explain, in words: once for Markdown and HTML."""

from collections.abc import Sequence

from musebench.leaderboard.ranking import Pair
from musebench.leaderboard.render.numbers import MISSING, Measure, p_text
from musebench.leaderboard.standings import Standing, Standings

COMMAND = "musebench leaderboard render"
SITE_COMMAND = "musebench leaderboard site"
RANKS = (
    "The rank is the place by the mean. In brackets is its range: from 1 + the number of entries "
    "that are significantly better to the number of entries less those that are significantly "
    "worse; there is no range where all others differ significantly."
)
BORROWS = (
    "* A single run: how much the runs of this entry vary is taken from the other entries (the "
    "median)."
)
TRUST = {
    "reported": "the numbers come from the authors and were not checked.",
    "recomputed": "every number was computed here from the submitted predictions.",
    "rerun": "recomputed, and the predictions were reproduced with the code at its commit.",
}


DIVISIONS = {
    "scratch": "trained on the training works of this board alone, or not at all.",
    "pretrained": "trained on other boards or other data, too.",
    "system": "combines several models.",
}
OVERALL = (
    "Share of the headroom: (score - best rule) / (ceiling - best rule) on each board, between "
    "-100 % and 100 %; averaged over the boards of a family of tasks, then over the families. The "
    "rule and the ceiling are those of the day when the version of the board was rendered first; "
    "the ceiling is what people reach where that was measured, else the best possible value. The "
    "95 % interval is over works, drawn together for all boards, and over runs. Training and "
    "prediction time are sums over the boards, parameters the largest number."
)
LITE = (
    "Four boards, one per kind of label, on fold 0 alone: a first try that takes minutes. Half a "
    "day of training on all boards says more, so nothing is ranked here."
)
FLIPS = (
    "Flips: share of the predictions that differ when the first test pieces of fold 0 are "
    "transposed, mean over all keys; names and keys are moved along before they are compared."
)
ENSEMBLES = (
    "Ensembles are not submitted and not ranked. Each is the mean of the probabilities in the "
    "prediction files of its members, all learned models and trees whose files have them: over the "
    "runs of a member, then over the members. Where events have thresholds, those of a fold are "
    "chosen on the other folds, never on its own labels. Parameters and times are sums."
)
PUBLISHED = (
    "Results as their authors published them. They are of other works, splits or metrics, so "
    "nothing is ranked against them. The last columns say what differs, and which model of "
    "musebench follows the publication."
)


def interval_words(board: Standings) -> str:
    """What the intervals mean on this board, and how good they are."""
    text = f"95 % intervals are over the {board.num_works} works and the seeds."
    if board.coverage is None:
        return text
    return (
        f"{text} In a simulation with this number of works, {100 * board.coverage:.1f} % of such "
        "intervals contained the true value."
    )


def rank_text(entry: Standing) -> str:
    """The place of an entry and the range of its rank, such as ``3 (2-6)`` with an en dash.

    A star marks an entry that borrows its variance between runs.
    """
    if entry.place is None:
        return MISSING
    between = f" ({entry.best_rank}\N{EN DASH}{entry.worst_rank})"
    star = "*" if entry.borrows_variance else ""
    return f"{entry.place}{between if entry.best_rank != entry.worst_rank else ''}{star}"


def rank_words(entries: Sequence[Standing]) -> str:
    """What the ranks mean, and the star if there is one."""
    return f"{RANKS} {BORROWS}" if any(e.borrows_variance for e in entries) else RANKS


PAIRS = (
    "Difference of the first main metric with its 95 % interval over works and runs; p-value of "
    "the pair alone, and adjusted for all pairs of the board; range of the difference if any one "
    "work is left out; p-value of Wilcoxon's signed-rank test over works."
)
PAIR_COLUMNS = ("difference", "p", "adjusted p", "without a work", "Wilcoxon p")


def pair_cells(pair: Pair, measure: Measure) -> list[str]:
    """The numbers of a pair, in the order of ``PAIR_COLUMNS``."""
    left = measure.interval(pair.low_without_a_work, pair.high_without_a_work)
    return [
        f"{measure.text(pair.difference)} {measure.interval(pair.low, pair.high)}".strip(),
        p_text(pair.p_value),
        p_text(pair.adjusted_p_value),
        left or MISSING,
        p_text(pair.wilcoxon_p_value),
    ]


def kind_words(entry: Standing) -> str:
    """Family and kind of a method, once where they are the same."""
    return entry.kind if entry.family == entry.kind else f"{entry.family}, {entry.kind}"


def composer_names(board: Standings) -> list[str]:
    """All composers that any entry has, in order of name."""
    return sorted({name for entry in board.rows for name in entry.by_composer})


def ceiling_words(board: Standings, measure: Measure) -> str:
    """What people reach; empty where nobody measured it."""
    if board.ceiling is None:
        return ""
    value = f"{measure.text(board.ceiling)} {measure.unit}".strip()
    return f"Ceiling: people agree with each other at {measure.label} {value}."


OFFICIAL = (
    "The test split of fold 0 alone, which is that of version 1 and comparable with publications "
    "that use one split. It is small: the standings above rest on all folds."
)


def in_official_order(board: Standings) -> list[Standing]:
    """The rows in order of the first main metric on fold 0, best first."""
    main, sign = board.main_metrics[0], -1 if board.higher_is_better else 1

    def key(entry: Standing) -> tuple[bool, float]:
        found = entry.official.get(main)
        mean = found.mean if found else None
        return mean is None, sign * (mean or 0.0)

    return sorted(board.rows, key=key)


def leader_words(board: Standings) -> str:
    """The first entry, and how many others are not significantly worse; names are not escaped."""
    if not board.entries:
        return "no entry yet"
    best = board.entries[0]
    others = sum(entry.best_rank == 1 for entry in board.entries) - 1
    if best.place is None:
        return f"{best.method} (not ranked)"
    if not others:
        return best.method
    return f"{best.method} (and {others} not significantly worse)"
