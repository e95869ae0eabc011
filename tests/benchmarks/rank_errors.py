"""How often equal methods are told apart on the boards, and how often unequal ones are.

Everything rests on the sums by work of the entries of the repository, which are recomputed from
their prediction files. The rule of the boards is compared with the rule of version 1 (a bootstrap
over works and seeds, Holm over all pairs), with 499 draws each.

False alarms, of one method against itself: pairs of its submitted runs, each as an entry with a
single run; and pairs of made-up entries with 1, 2 or 3 runs, whose deviations from the mean have
the covariances of the submitted runs, fold by fold (not of correlations, whose sums cannot be made
up like this). Entries with one run borrow the variance of the other methods of the board.

Power, of the two best entries with several runs: works are drawn with replacement, the runs are
made up, and the first entry is moved so that its mean is better by 1, 2 or 5 points on all works
of the board. A pair counts if it is significant after adjustment for all pairs of the board, from
which learned entries with one run are left out.

Run: ``python tests/benchmarks/rank_errors.py [--boards NAME ...] [--draws 200]``.
"""

import argparse
import sys
from collections import Counter
from itertools import combinations

import numpy as np

from musebench.boards import find_board
from musebench.evaluation.resampling import (
    draw_counts,
    linearise,
    original,
    studentise,
    work_variance,
)
from musebench.leaderboard import boards_in, check_board
from musebench.leaderboard.board import entries_to_rank
from musebench.leaderboard.ranking import Entry, rank

DRAWS = 499
POINTS = (1, 2, 5)
RUNS = (1, 2, 3)


def read_entries(name, leaderboards):
    """The entries of a board as they are ranked, their statistic and the folds."""
    reports = [r for r in check_board(leaderboards, name) if not r.submission.withdrawn]
    by_id = {report.submission.id: report for report in reports}
    found, statistic = entries_to_rank(find_board(name), by_id)
    return (
        found,
        statistic,
        np.array([*by_id[next(iter(found))].runs[0].works.values()]) if found else [],
    )


def new_runs(sums, num_runs, fold, rng):
    """Runs whose deviations from the mean have the covariances of the given ones."""
    deviations = (sums - sums.mean(axis=0)) / max(1, len(sums) - 1) ** 0.5
    made = np.broadcast_to(sums.mean(axis=0), (num_runs, *sums.shape[1:])).copy()
    for k in np.unique(fold):
        weights = rng.standard_normal((num_runs, len(sums)))
        made[:, fold == k] += np.tensordot(weights, deviations[:, fold == k], 1)
    return made


def can_be_made_up(statistic):
    """Whether any sums are possible ones, and what is better is plain: not of correlations."""
    return statistic.num_sums == 2 or "F1" in statistic.name


def moved(sums, statistic, by):
    """Sums whose value is greater by this: more right of what there is, in every work alike."""
    sums = sums.copy()
    if statistic.num_sums == 2:
        sums[..., 0] += by * sums[..., 1]
    else:
        sums[..., 0::3] += by * (sums[..., 1::3] + sums[..., 2::3]) / 2
    return sums


def old_p_values(board, statistic, seed):
    """Pair -> p-value of version 1 before Holm, of all pairs."""
    names = list(board)
    here = [original(board[name], statistic) for name in names]
    pairs = list(combinations(range(len(names)), 2))
    num_works = here[0].by_work.shape[1]
    difference = np.array([here[i].value[0] - here[j].value[0] for i, j in pairs])

    def errors(drawn, counts):
        return np.sqrt(
            [
                work_variance(drawn[i].by_work - drawn[j].by_work, counts)
                + drawn[i].seed_variance
                + drawn[j].seed_variance
                for i, j in pairs
            ]
        )

    rounding = np.full(len(pairs), float(statistic.rounding(1.0)))
    observed = np.abs(studentise(difference, errors(here, np.ones((1, num_works)))[:, 0], rounding))
    num_draws = max(DRAWS, int(5 * len(pairs) / 0.05))
    beyond = np.zeros(len(pairs))
    works = draw_counts(num_works, num_draws, np.random.default_rng(seed), 512)
    seeds = [
        draw_counts(len(board[name]), num_draws, np.random.default_rng([seed, k]), 512)
        for k, name in enumerate(names)
    ]
    for counts, *of_seeds in zip(works, *seeds, strict=True):
        drawn = [
            linearise(board[name], statistic, counts, found)
            for name, found in zip(names, of_seeds, strict=True)
        ]
        moves = np.array([drawn[i].value - drawn[j].value for i, j in pairs])
        moves -= difference[:, np.newaxis]
        t = np.abs(studentise(moves, errors(drawn, counts), rounding[:, np.newaxis]))
        t[np.isnan(t)] = np.inf
        beyond += (t >= observed[:, np.newaxis]).sum(axis=1)
    p = (1 + beyond) / (1 + num_draws)
    return {frozenset((names[i], names[j])): p[k] for k, (i, j) in enumerate(pairs)}


def holm(p, pair):
    """The p-value of a pair after Holm."""
    steps = sorted(p.items(), key=lambda item: item[1])
    adjusted = 0.0
    for k, (name, value) in enumerate(steps):
        adjusted = max(adjusted, min(1.0, value * (len(steps) - k)))
        if name == pair:
            return adjusted
    raise KeyError(pair)


def pair_of(ranking, a, b):
    return next(pair for pair in ranking.pairs if {pair.first, pair.second} == {a, b})


def same_method(board, name, a, b, statistic, fold, seed):
    """p-values of two entries of one method: of the rule of version 1 and of this one."""
    lenders = {
        other: entry
        for other, entry in board.items()
        if len(a) == 1 and other != name and len(np.asarray(entry.sums)) > 1
    }
    found = rank(
        {**lenders, "a": Entry(a), "b": Entry(b)}, statistic, fold, num_flips=DRAWS, seed=seed
    )
    return old_p_values({"a": a, "b": b}, statistic, seed)[frozenset("ab")], pair_of(
        found, "a", "b"
    ).p_value


def false_alarms(board, statistic, fold, num_draws, rng):
    """Kind of pair -> number of pairs, and of those that each rule tells apart at 5 %."""
    found = Counter()
    for name, entry in board.items():
        sums = np.asarray(entry.sums, float)
        if len(sums) < 2:
            continue
        pairs = [("submitted", sums[[i]], sums[[j]]) for i, j in combinations(range(len(sums)), 2)]
        for num_runs in RUNS if can_be_made_up(statistic) else ():
            pairs += [
                (num_runs, *(new_runs(sums, num_runs, fold, rng) for _ in range(2)))
                for _ in range(num_draws)
            ]
        for seed, (kind, a, b) in enumerate(pairs):
            old, new = same_method(board, name, a, b, statistic, fold, seed)
            found[kind, "pairs"] += 1
            found[kind, "old"] += old <= 0.05
            found[kind, "new"] += new <= 0.05
    return found


def power(board, statistic, fold, num_draws, rng):
    """Points -> share of boards on which each rule tells the pair apart; and the pair."""
    sums = {
        name: np.asarray(entry.sums, float)
        for name, entry in board.items()
        if entry.is_deterministic or len(np.asarray(entry.sums)) > 1
    }
    value = {name: statistic.value(x.sum(axis=1)).mean() for name, x in sums.items()}
    varying = sorted((n for n in sums if len(sums[n]) > 1), key=lambda n: -value[n])
    if len(varying) < 2 or not can_be_made_up(statistic):
        return {}, ("", "")
    a, b = varying[:2]
    found = {}
    for points in POINTS:
        gap = points / 100 - (value[a] - value[b])
        told = Counter()
        for seed in range(num_draws):
            works = rng.integers(len(fold), size=len(fold))
            made = {
                name: new_runs(x, len(x), fold, rng)[:, works] if len(x) > 1 else x[:, works]
                for name, x in sums.items()
            }
            made[a] = moved(made[a], statistic, gap)
            entries = {name: Entry(x, board[name].is_deterministic) for name, x in made.items()}
            ranking = rank(entries, statistic, fold[works], num_flips=DRAWS, seed=seed)
            told["new"] += pair_of(ranking, a, b).adjusted_p_value <= 0.05
            told["old"] += holm(old_p_values(made, statistic, seed), frozenset((a, b))) <= 0.05
        found[points] = {rule: told[rule] / num_draws for rule in ("old", "new")}
    return found, (a, b)


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leaderboards", default="leaderboards")
    parser.add_argument("--boards", nargs="*", help="default: all")
    parser.add_argument("--draws", type=int, default=200, help="made-up boards per difference")
    arguments = parser.parse_args()
    total = Counter()
    say("told apart at 5 %, rule of version 1 -> this rule")
    for name in arguments.boards or boards_in(arguments.leaderboards):
        board, statistic, fold = read_entries(name, arguments.leaderboards)
        if not board:
            say(f"{name}: no complete entry")
            continue
        rng = np.random.default_rng(0)
        found = false_alarms(board, statistic, fold, arguments.draws, rng)
        total += found
        say(f"{name}, {len(fold)} works, {len(board)} entries")
        say_false_alarms(found)
        shares, (a, b) = power(board, statistic, fold, arguments.draws, rng)
        for points, rules in shares.items():
            say(f"  {a} less {b}, {points} points: {rules['old']:.0%} -> {rules['new']:.0%}")
    say("all boards")
    say_false_alarms(total)


def say_false_alarms(found):
    for kind in ("submitted", *RUNS):
        number = found[kind, "pairs"]
        if number:
            shares = " -> ".join(f"{found[kind, rule] / number:.1%}" for rule in ("old", "new"))
            say(f"  one method, {kind} run(s): {shares} of {number} pairs")


if __name__ == "__main__":
    main()
