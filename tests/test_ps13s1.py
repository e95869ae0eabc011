"""ps13s1: the rule against the implementation of partitura, up to twins."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_scores import table_of
from musebench.boards import BOARDS
from musebench.models import rules_of
from musebench.pitch import SPELLING_CLASSES, STEP_TO_TPC, spelling_class
from musebench.score import read_score
from musebench.store import load_notes

CORPORA = {board.corpus.name: board.name for board in BOARDS.values()}
MIDI_PITCH = st.integers(0, 127)


def ps13s1(notes):
    return rules_of("pitch-spelling")["ps13s1"](notes)["spelling"]


def of_partitura(notes):
    """The spelling classes that partitura's ps13s1 gives. Shape ``(num_notes,)``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # partitura's own imports are not up to date
        from partitura.musicanalysis import estimate_spelling

    fields = dict.fromkeys(("onset_div", "duration_div", "pitch"), "i8")
    array = np.zeros(len(notes), dtype=[*fields.items(), ("id", "U1")])
    for name in fields:
        array[name] = getattr(notes, name)
    found = estimate_spelling(array, method="ps13s1")
    tpc = np.array([STEP_TO_TPC[step] for step in found["step"].tolist()]) + 7 * found["alter"]
    return spelling_class(tpc)


def up_to_twins(notes, classes):
    """Classes in an order in which notes equal in onset and pitch may be exchanged.

    Partitura sorts notes by pitch with a sort that is not stable: which of two twins comes first,
    and with it what lies around each, depends on the processor.
    """
    return classes[np.lexsort((classes, notes.pitch, notes.onset_div))].tolist()


def check_against_partitura(notes):
    assert up_to_twins(notes, ps13s1(notes)) == up_to_twins(notes, of_partitura(notes))


def table(notes):
    """A note table of (onset, pitch), in the order given but for the onsets."""
    onset, pitch = np.array(sorted(notes, key=lambda note: note[0]), dtype=np.int64).T
    return replace(table_of(onset, np.ones_like(onset)), pitch=pitch)


@pytest.mark.parametrize("name", ["piano", "duet", "four_voices", "divisions"])
def test_toy_scores_are_spelled_as_by_partitura(toy, name):
    check_against_partitura(read_score(toy / f"{name}.musicxml"))


@given(st.lists(st.tuples(st.integers(0, 60), MIDI_PITCH), min_size=1, max_size=120))
def test_any_notes_are_spelled_as_by_partitura(notes):
    check_against_partitura(table(notes))


@given(st.lists(MIDI_PITCH, min_size=1, max_size=120))
def test_melodies_are_spelled_as_by_partitura_note_by_note(pitches):
    notes = table(list(enumerate(pitches)))
    assert ps13s1(notes).tolist() == of_partitura(notes).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_the_context_ends_where_that_of_partitura_ends(seed):
    notes = table(list(enumerate(np.random.default_rng(seed).integers(21, 109, 2000).tolist())))
    assert ps13s1(notes).tolist() == of_partitura(notes).tolist()


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(55, 72)), min_size=2, max_size=60))
def test_the_order_of_the_notes_of_a_chord_says_nothing(notes):
    turned = notes[::-1]
    assert up_to_twins(table(notes), ps13s1(table(notes))) == up_to_twins(
        table(turned), ps13s1(table(turned))
    )


def test_a_leading_note_is_sharp(toy):
    assert SPELLING_CLASSES[ps13s1(read_score(toy / "piano.musicxml"))[3]] == "F#"


@pytest.mark.corpus
@pytest.mark.parametrize("corpus", CORPORA)
def test_all_scores_are_spelled_as_by_partitura(corpus, chorale_home, at_hand):
    at_hand(CORPORA[corpus])
    for notes in load_notes(BOARDS[CORPORA[corpus]].corpus, chorale_home).tables.values():
        check_against_partitura(notes)
