"""The best path: against all paths, and which of equal ones it is."""

import doctest
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musebench import viterbi
from musebench.viterbi import best_path, best_path_in_groups


def test_examples():
    assert doctest.testmod(viterbi).failed == 0


NUMBERS = st.integers(0, 5)


@given(
    st.lists(st.tuples(*[NUMBERS] * 3), min_size=1, max_size=5),
    st.lists(st.tuples(*[NUMBERS] * 3), min_size=3, max_size=3),
)
def test_no_path_is_better(gain, cost):
    gain, cost = np.array(gain), np.array(cost)

    def total(path):
        path = np.asarray(path)
        return gain[np.arange(len(path)), path].sum() - cost[path[:-1], path[1:]].sum()

    assert total(best_path(gain, cost)) == max(map(total, product(range(3), repeat=len(gain))))


@given(
    st.lists(st.tuples(*[NUMBERS] * 3), min_size=1, max_size=6),
    st.lists(NUMBERS, min_size=6, max_size=6),
)
def test_changes_that_all_cost_the_same(gain, costs):
    gain = np.array(gain)
    costs = np.array(costs[: len(gain)])
    same = np.ones((3, 3), dtype=int) - np.eye(3, dtype=int)
    assert best_path(gain, int(costs[0])).tolist() == best_path(gain, costs[0] * same).tolist()

    def total(path):
        path = np.asarray(path)
        changes = path[1:] != path[:-1]
        return gain[np.arange(len(path)), path].sum() - costs[1:][changes].sum()

    assert total(best_path(gain, costs)) == max(map(total, product(range(3), repeat=len(gain))))


@pytest.mark.parametrize(
    ("cost", "path"),
    [(0.9, [0, 0, 0, 1, 1, 1]), (10, [1] * 6), (0, [0, 1, 0, 1, 1, 1])],
)
def test_it_changes_when_it_pays(cost, path):
    gain = -np.array([[0, 1], [1, 0], [0, 2], [1, 0], [1, 0], [1, 0]], dtype=float)
    assert best_path(gain, cost).tolist() == path


def test_of_equal_paths_to_a_state_it_takes_that_which_was_in_it():
    for first, second in ((0, 1), (1, 0)):
        gain = np.zeros((4, 2))
        gain[0, first] = gain[3, second] = 2.0
        changed = best_path(gain, 1.0)
        assert changed.tolist() == [first, second, second, second]
        assert best_path(gain, 2.0).tolist() == [0] * 4


def test_nothing_has_an_empty_path():
    assert best_path(np.zeros((0, 2)), np.zeros((2, 2))).tolist() == []


@given(
    st.lists(st.tuples(*[NUMBERS] * 6), min_size=1, max_size=4),
    st.lists(NUMBERS, min_size=4, max_size=4),
    NUMBERS,
)
def test_no_path_through_groups_is_better(gain, costs, cost_of_group):
    gain = np.array(gain).reshape(-1, 2, 3)
    costs = np.array(costs[: len(gain)])

    def total(path):
        group, member = np.asarray(path)
        moves = np.diff(group) != 0
        changes = moves | (np.diff(member) != 0)
        found = gain[np.arange(len(group)), group, member].sum()
        return found - costs[1:][changes].sum() - cost_of_group * moves.sum()

    states = list(product(range(2), range(3)))
    best = max(total(np.transpose(path)) for path in product(states, repeat=len(gain)))
    assert total(best_path_in_groups(lambda time: gain[time], costs, cost_of_group)) == best


def test_no_time_has_no_path():
    group, member = best_path_in_groups(lambda time: np.zeros((2, 3)), np.zeros(0), 1)
    assert len(group) == len(member) == 0
