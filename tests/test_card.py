"""Cards: the committed pages are what the data give today."""

from pathlib import Path

import pytest

from musebench.boards import BOARDS
from musebench.card import write_card
from musebench.corpora import CORPORA, LICENSES
from musebench.splits import read_exclusions

MIRRORED = [name for name in BOARDS if name != "chorale-pitch-spelling"]
FOLDER = Path(__file__).parent.parent / "docs" / "cards"


@pytest.fixture(scope="session", params=BOARDS)
def board(request, chorale_home, at_hand):
    """Every board whose corpus is at hand."""
    at_hand(request.param)
    return BOARDS[request.param]


def test_the_committed_card_is_that_of_the_data(board, chorale_home):
    committed = (FOLDER / f"{board.name}.md").read_text("utf-8")
    assert write_card(board, chorale_home) == committed, "write it anew with `musebench card`"


def test_a_dataset_has_its_card(chorale_home):
    from musebench import ChoralePitchSpelling

    dataset = ChoralePitchSpelling(chorale_home)
    assert dataset.card == write_card(dataset.board, chorale_home)


@pytest.mark.parametrize("name", BOARDS)
def test_a_card_says_what_a_user_has_to_know(name):
    board, card = BOARDS[name], (FOLDER / f"{name}.md").read_text("utf-8")
    for expected in (
        board.corpus.source,
        board.corpus.license,
        board.corpus.citation,
        *board.task.meanings.values(),
        *board.task.pitfalls,
        *board.pitfalls,
        *read_exclusions(name)["piece_id"],
    ):
        assert expected in card
    assert board.task.meanings.keys() == board.task.heads.keys()


def test_the_licence_of_every_corpus_is_put_in_words():
    assert {corpus.license for corpus in CORPORA.values()} == LICENSES.keys()


def test_the_card_of_asap_has_its_sizes_and_what_training_lacks():
    """By hand, from the tests of the datasets and from a count of the labels."""
    card = (FOLDER / "asap-pitch-spelling.md").read_text("utf-8")
    for line in (
        "| official | train | 142 | 79 | 15 | 365,688 | 69.0 % |",
        "| composer | test | 34 | 24 | 10 | 107,623 | 20.3 % |",
        "| repeat variant | 21 |",
        "| D## | 19 | 8 | 14 |",
        "- official, `key_signature`: 7b (365 notes)",
    ):
        assert line in card.splitlines()
