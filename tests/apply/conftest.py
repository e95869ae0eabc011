"""Scores to which a model is applied."""

import pytest


@pytest.fixture
def scale(tmp_path, midi):
    """D major up and down, over a bass, as MIDI: pitches, no names."""
    pitches = [62, 64, 66, 67, 69, 71, 73, 74, 73, 71, 69, 67, 66, 64, 62, 62]
    notes = [e for i, p in enumerate(pitches) for e in midi.note(480 * i, 480, p)]
    notes += [e for i, p in enumerate([38, 45, 43, 38]) for e in midi.note(1920 * i, 1920, p)]
    path = tmp_path / "scale.mid"
    path.write_bytes(midi.build([notes]))
    return path


@pytest.fixture
def cadence(tmp_path, midi):
    """I V I in C major, as MIDI: a half cadence, then an authentic one in measure 2."""
    chords = [(0, (36, 64, 67, 72)), (960, (43, 62, 67, 71)), (1920, (36, 64, 67, 72))]
    notes = [e for time, chord in chords for p in chord for e in midi.note(time, 960, p)]
    path = tmp_path / "cadence.mid"
    path.write_bytes(midi.build([notes]))
    return path
