"""Arithmetic of pitch."""

import doctest
import warnings

import mido
import pytest

from musebench import pitch


def test_examples_of_the_docstrings():
    assert doctest.testmod(pitch).failed == 0


@pytest.mark.parametrize("tpc", range(-22, 27))
def test_spelling_and_tpc_are_inverse(tpc):
    step, alter = pitch.tpc_to_spelling(tpc)
    assert pitch.spelling_to_tpc(step, alter) == tpc
    assert pitch.tpc_to_pitch_class(tpc) == (pitch.STEP_TO_PITCH_CLASS[step] + alter) % 12


def test_the_classes():
    assert len(pitch.SPELLING_CLASSES) == 35
    assert (pitch.SPELLING_CLASSES[0], pitch.SPELLING_CLASSES[-1]) == ("Fbb", "B##")
    assert pitch.KEY_SIGNATURE_CLASSES[::7] == ("7b", "0", "7#")


def test_a_letter_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="step 'H' is not one of the letters CDEFGAB"):
        pitch.spelling_to_tpc("H", 0)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("fifths", range(pitch.MIN_FIFTHS, pitch.MAX_FIFTHS + 1))
def test_keys_have_the_names_of_partitura_and_of_midi(fifths, mode):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from partitura.utils.music import fifths_mode_to_key_name

    name = pitch.key_name(fifths, mode)
    assert name == fifths_mode_to_key_name(fifths, mode)
    assert pitch.key_of_name(name) == (fifths, mode)
    mido.MetaMessage("key_signature", key=name)
