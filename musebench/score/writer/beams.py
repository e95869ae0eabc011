"""Beams: short notes of one beat hang together."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from musebench.score.writer.layout import Voice
from musebench.score.writer.values import Tuplet

LEVELS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5}


def beams_of_voice(voice: Voice) -> dict[int, tuple[str, ...]]:
    """Find the beams of a voice in a measure.

    Returns:
        Place of a head -> state of each of its beams, the first one first, as MusicXML names it.
    """
    beams: dict[int, tuple[str, ...]] = {}
    for run in _runs(voice):
        levels = [LEVELS[voice.heads[place].type] for place in run]
        for i, place in enumerate(run):
            beams[place] = tuple(_state(levels, i, level) for level in range(1, levels[i] + 1))
    return beams


def _runs(voice: Voice) -> list[list[int]]:
    """Places of short notes that follow each other within a beat, two or more."""
    runs: list[list[int]] = []
    beat: int | None = None
    for place, head in enumerate(voice.heads):
        if head.type not in LEVELS or not voice.sounds[head.event]:
            beat = None
        elif beat is None or head.beat != beat:
            runs.append([place])
            beat = head.beat
        else:
            runs[-1].append(place)
    return [part for run in runs for part in _nested(voice, run) if len(part) > 1]


def _nested(voice: Voice, run: list[int]) -> Iterator[list[int]]:
    """Cut a run at the edges of tuplets that reach beyond it: beams and tuplets do not cross."""
    size = Counter(head.tuplet for head in voice.heads)
    inside = Counter(voice.heads[place].tuplet for place in run)

    def crossing(place: int) -> Tuplet | None:
        tuplet = voice.heads[place].tuplet
        return tuplet if inside[tuplet] < size[tuplet] else None

    for _, part in groupby(run, crossing):
        yield list(part)


def _state(levels: list[int], i: int, level: int) -> str:
    """What a beam does at note i of a run: ``begin``, ``continue``, ``end`` or a hook."""
    before = i > 0 and levels[i - 1] >= level
    after = i + 1 < len(levels) and levels[i + 1] >= level
    if before and after:
        return "continue"
    if before:
        return "end"
    if after:
        return "begin"
    return "backward hook" if i else "forward hook"
