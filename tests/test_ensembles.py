"""Ensembles: the mean of the probabilities of several entries, shown beside them, never ranked."""

from dataclasses import replace

import numpy as np
import pytest

from made_standings import FULL, write_site, write_tables
from musebench.evaluation import Evaluator, PieceTarget
from musebench.leaderboard import changed_submissions
from musebench.leaderboard.board import check_board, make_standings
from musebench.leaderboard.ensembles import decide, make_ensemble, mean_scores
from musebench.leaderboard.publish import publish_boards, stored_standings
from musebench.tasks import PHRASE, PITCH_SPELLING
from toy_board import BOARD as TOYS
from toy_entries import BOARD

CLASSES = len(PITCH_SPELLING.heads["spelling"])
ROW = replace(
    FULL.entries[0],
    id="a+b",
    method="Ensemble of A, B",
    kind="ensemble",
    family="ensemble",
    place=None,
    best_rank=None,
    worst_rank=None,
)


def sure(probability):
    """Scores that give this probability to the predicted class, and share the rest."""
    rest = (1 - probability) / (CLASSES - 1)
    return lambda y: np.where(y[:, np.newaxis] == np.arange(CLASSES), probability, rest)


def reports_of(leaderboards, home):
    return check_board(leaderboards, BOARD, home)


@pytest.mark.usefixtures("folded")
def test_the_surer_entry_decides(submit, leaderboards, home):
    """Both are averaged with the same weight, although one has three runs."""
    submit("sure", folds=(0, 1, 2), seeds=[0], noise=0.1, score=sure(0.9))
    submit("unsure", folds=(0, 1, 2), noise=0.6, score=sure(0.6))
    reports = reports_of(leaderboards, home)
    standings = make_standings(BOARD, reports, home)
    (row,) = standings.ensembles
    assert [entry.id for entry in standings.entries] == ["sure", "unsure"]
    assert (row.id, row.kind, row.place, row.division) == (
        "sure+unsure",
        "ensemble",
        None,
        "system",
    )
    assert row.method == "Ensemble of sure, unsure"
    for view in ("metrics", "official", "by_composer"):
        of_row, of_entry = (getattr(entry, view) for entry in (row, standings.entries[0]))
        assert of_row == of_entry
    assert "sure+unsure" not in standings.works
    assert all("+" not in pair.first + pair.second for pair in standings.pairs)


@pytest.mark.usefixtures("folded")
def test_the_mean_of_the_runs_counts_once(submit, leaderboards, home):
    """Two unsure runs of an entry do not outvote another entry."""
    submit("one", folds=(0, 1, 2), seeds=[0], noise=0.0, score=sure(0.8))
    submit("two", folds=(0, 1, 2), seeds=[0, 1], noise=1.0, score=sure(0.5))
    by_name = {report.submission.id: report for report in reports_of(leaderboards, home)}
    found = make_ensemble(TOYS, by_name, home)
    of_runs = [run.scores for run in by_name["two"].runs]
    expected = mean_scores([by_name["one"].runs[0].scores, mean_scores(of_runs)])
    assert found.members == ("one", "two")
    for piece, columns in expected.items():
        np.testing.assert_allclose(
            found.run.scores[piece]["spelling_score"], columns["spelling_score"]
        )


@pytest.mark.usefixtures("folded")
def test_who_is_a_member(submit, leaderboards, home):
    """Not who has no scores, or other scores than probabilities, nor rules; two are needed."""
    submit("first", folds=(0, 1, 2), seeds=[0], score=sure(0.9))
    submit("silent", folds=(0, 1, 2), seeds=[0])
    submit("loud", folds=(0, 1, 2), seeds=[0], score=lambda y: 2 * sure(0.9)(y))
    rule = {"method.family": "rule", "method.deterministic": True}
    submit("rule", folds=(0, 1, 2), seeds=[0], score=sure(0.9), **rule)
    submit("official", seeds=[0], score=sure(0.9))
    assert make_standings(BOARD, reports_of(leaderboards, home), home).ensembles == ()
    submit("trees", folds=(0, 1, 2), seeds=[0], score=sure(0.9), **{"method.family": "trees"})
    (row,) = make_standings(BOARD, reports_of(leaderboards, home), home).ensembles
    assert row.id == "first+trees"
    submit("gone", folds=(0, 1, 2), seeds=[0], score=sure(0.9), withdrawn="A mistake.")
    (row,) = make_standings(BOARD, reports_of(leaderboards, home), home).ensembles
    assert row.id == "first+trees"


@pytest.mark.usefixtures("folded")
def test_costs_are_sums_and_the_row_is_stored(submit, leaderboards, home):
    for name, number in (("first", 300), ("second", 40)):
        submit(name, folds=(0, 1, 2), score=sure(0.9), **{"method.num_parameters": number})
    standings = make_standings(BOARD, reports_of(leaderboards, home), home)
    (row,) = standings.ensembles
    assert (row.num_parameters, row.num_seeds, row.search_trials) == (340, 3, 0)
    publish_boards(leaderboards, [standings])
    (stored,) = stored_standings(leaderboards)
    assert stored.ensembles == standings.ensembles
    assert changed_submissions(leaderboards, [stored]) == []


def phrases(score_of_fold):
    """A piece per fold, in which every second onset ends a phrase; number of ends, both scores."""
    pieces, scores = [], {}
    for fold, (number, low, high) in enumerate(score_of_fold):
        columns = {"beat_time": np.arange(2 * number), "beat_length": np.ones(2 * number, int)}
        labels = {"phrase_end": np.tile([0, 1], number)}
        name, event = f"piece-{fold}", np.tile([low, high], number)
        pieces.append(PieceTarget(name, name, "Anon", labels, columns, fold=fold))
        scores[name] = {"phrase_end_score": np.stack([1 - event, event], axis=1)}
    return pieces, scores


def test_thresholds_come_from_the_other_folds():
    """On its own labels, the long piece would be right at 0.4."""
    pieces, scores = phrases([(20, 0.3, 0.5), (4, 0.1, 0.2), (4, 0.1, 0.2)])
    decided = decide(Evaluator.from_targets(PHRASE, pieces), scores)
    assert decided["piece-0"]["phrase_end"].tolist() == [1] * 40  # at 0.15
    assert decided["piece-1"]["phrase_end"].tolist() == [0] * 8  # at 0.4
    inverted = {"phrase_end": 1 - pieces[0].labels["phrase_end"]}
    changed = [replace(pieces[0], labels=inverted), *pieces[1:]]
    again = decide(Evaluator.from_targets(PHRASE, changed), scores)
    assert again["piece-0"]["phrase_end"].tolist() == decided["piece-0"]["phrase_end"].tolist()


def test_the_row_is_in_the_tables_and_has_no_page(tmp_path):
    board = replace(FULL, ensembles=(ROW,))
    write_tables([board], tmp_path)
    text = (tmp_path / FULL.board / "README.md").read_text()
    assert text.count("| Ensemble of A, B |") == 1  # by composer
    assert text.count("Ensemble of A, B (ensemble)") == 2  # standings, official split
    assert "| \N{EN DASH} | Ensemble of A, B (ensemble)" in text
    assert "### Ensemble" not in text
    assert text.count("Ensembles are not submitted and not ranked.") == 1
    write_site([board], tmp_path / "site")
    page = (tmp_path / f"site/boards/{FULL.board}.html").read_text()
    assert f'href="../boards/{FULL.board}.html#ensembles"' in page
    assert page.count('id="ensembles"') == 1
    assert not [path for path in (tmp_path / "site").rglob("*") if "+" in path.name]
    rows = (tmp_path / f"site/data/{FULL.board}/standings.csv").read_text().splitlines()
    assert [row.split(",")[2] for row in rows].count("a+b") == len([*ROW.metrics, *ROW.official])
    for page in ("best.html", "matrix.html", "history.html"):
        assert "Ensemble of A, B" not in (tmp_path / "site" / page).read_text()


def test_a_board_without_one_says_nothing_of_it(tmp_path):
    write_tables([FULL], tmp_path)
    assert "Ensembles are" not in (tmp_path / FULL.board / "README.md").read_text()
