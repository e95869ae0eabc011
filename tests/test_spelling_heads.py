"""The head of spelling: a section is spelled along the line of fifths."""

import numpy as np

from musebench.models.heads.spelling import spell_along_fifths
from musebench.pitch import SPELLING_CLASS_TO_PITCH_CLASS, SPELLING_CLASSES


def spelled_by(log_probability, pitches):
    """Names of single notes, one after the other."""
    midi_pitch = np.array(pitches)
    found = spell_along_fifths(log_probability, np.arange(len(pitches)), midi_pitch)
    assert (np.array(SPELLING_CLASS_TO_PITCH_CLASS)[found] == midi_pitch % 12).all()
    return [SPELLING_CLASSES[i] for i in found]


def test_a_section_is_spelled_as_its_surroundings_even_if_the_model_is_not_sure():
    c_sharp_minor = [61, 63, 64, 66, 68, 69, 72, 73]
    sharps = ["C#", "D#", "E", "F#", "G#", "A", "B#", "C#"]
    doubts = ["Db", "Eb", "Fb", "Gb", "Ab", "Bbb", "C", "Db"]
    log_probability = np.full((40, 35), -20.0)
    for note in range(40):
        sure, other = sharps[note % 8], doubts[note % 8]
        log_probability[note, SPELLING_CLASSES.index(sure)] = np.log(0.95)
        log_probability[note, SPELLING_CLASSES.index(other)] = np.log(0.05)
        if 16 <= note < 24:  # here the model prefers flats
            log_probability[note, SPELLING_CLASSES.index(other)] = np.log(0.6)
            log_probability[note, SPELLING_CLASSES.index(sure)] = np.log(0.4)
    assert spelled_by(log_probability, c_sharp_minor * 5) == sharps * 5
    assert spelled_by(log_probability[16:24], c_sharp_minor) == doubts


def test_surroundings_overrule_a_model_that_is_sure_of_one_note():
    """What it thinks impossible costs no more than its surroundings can."""
    names = ["C#", "D#", "E", "F#", "G#", "A", "B#", "C#"] * 3
    log_probability = np.full((24, 35), -1000.0)
    for note, name in enumerate(names):
        log_probability[note, SPELLING_CLASSES.index(name)] = 0
    at = 10  # an E, which the model takes for an F flat
    log_probability[at] = -1000
    log_probability[at, SPELLING_CLASSES.index("Fb")] = np.log(0.9)
    assert spelled_by(log_probability, [61, 63, 64, 66, 68, 69, 72, 73] * 3) == names


def test_every_pitch_can_be_spelled():
    every = list(range(128))
    assert len(spelled_by(np.log(np.full((128, 35), 1 / 35)), every)) == 128
    assert len(spell_along_fifths(np.zeros((0, 35)), *np.zeros((2, 0), dtype=np.int64))) == 0
