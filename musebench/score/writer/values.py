"""Times of a voice in a measure -> note values: dots, ties, tuplets.

Conventions:
    Times are divisions from the barline of the complete measure. A *written* time is counted in
    128ths, ``PER_QUARTER`` of them a quarter note, as the note values say it: inside a tuplet of
    ``actual`` in the time of ``normal`` it is ``actual / normal`` of what sounds.

Rules:
    A time that is a whole number of 128ths needs no tuplet. Around any other a tuplet is laid: of
    the spans of a sixteenth to a whole note (and dotted ones) on the beat that can hold it, the one
    at whose ends the fewest notes have to be cut and tied, then the shortest. A tuplet has up to
    ``MAX_TUPLET`` notes. What fits none of them, such as triplets and quintuplets in one beat of
    one voice, keeps its exact duration in divisions and is drawn with the longest note value that
    is not longer: no duration is ever changed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from musebench.score.signatures import is_compound

PER_QUARTER = 32  # 128ths
MAX_TUPLET = 63
USUAL_TUPLET = 13
TYPES = {
    8 * PER_QUARTER: "breve",
    4 * PER_QUARTER: "whole",
    2 * PER_QUARTER: "half",
    PER_QUARTER: "quarter",
    16: "eighth",
    8: "16th",
    4: "32nd",
    2: "64th",
    1: "128th",
}
# Written duration -> (type, dots), up to two dots.
VALUES: dict[int, tuple[str, int]] = {
    length * (2 ** (dots + 1) - 1) // 2**dots: (name, dots)
    for dots in (2, 1, 0)
    for length, name in TYPES.items()
    if length % 2**dots == 0
}


class Event(NamedTuple):
    """What happens in a voice for a while: divisions, and whether it is a rest."""

    start: int
    end: int
    is_rest: bool


class Tuplet(NamedTuple):
    """A tuplet: where it is, in divisions, and its ratio; 0 to 0 where nothing fits."""

    start: int
    end: int
    actual: int
    normal: int


class Head(NamedTuple):
    """A note head, or chord of heads, or rest, with one note value.

    Attributes:
        event: Place of its event in the voice.
        start: Divisions.
        end: Divisions.
        type: Name of the value, as MusicXML has it.
        dots: Number of dots.
        tuplet: The tuplet it is in, or None.
        starts_tuplet: Whether that starts here.
        stops_tuplet: Whether it stops here.
        beat: Beat of its start; what is short hangs together within one.
    """

    event: int
    start: int
    end: int
    type: str
    dots: int
    tuplet: Tuplet | None = None
    starts_tuplet: bool = False
    stops_tuplet: bool = False
    beat: int = 0


@dataclass(frozen=True)
class Meter:
    """Time signature of a measure: upper, lower number, and divisions a quarter note."""

    beats: int
    beat_type: int
    divs_pq: int

    @property
    def is_compound(self) -> bool:
        """Whether three of its lower numbers make a beat, as in 6/8."""
        return is_compound((self.beats, self.beat_type))

    @property
    def beat_length(self) -> int:
        """Length of a beat, in 128ths; 0 if it is not a whole number of them."""
        unit, rest = divmod(4 * PER_QUARTER, self.beat_type)
        return 0 if rest else unit * (3 if self.is_compound else 1)

    def beam_group(self, time: int) -> int:
        """Which notes hang together: those of a quarter, of a compound beat, or of a measure."""
        if self.beat_type <= 4:
            return time // self.divs_pq
        return time * self.beat_type // (12 * self.divs_pq) if self.is_compound else 0


def note_values(events: Sequence[Event], meter: Meter) -> list[Head]:
    """Write the events of one voice in one measure.

    Args:
        events: In order, without overlap; times in divisions from the barline.
        meter: Time signature of the measure.

    Returns:
        Heads in order; those of one event are to be tied.
    """
    tuplets = find_tuplets(events, meter)
    heads: list[Head] = []
    for place, event in enumerate(events):
        for start, end, tuplet in _pieces(event, tuplets):
            heads += _heads_of_piece(place, start, end, tuplet, event.is_rest, meter)
    return heads


def find_tuplets(events: Sequence[Event], meter: Meter) -> list[Tuplet]:
    """Lay tuplets around all times that are no whole number of 128ths."""
    divs = meter.divs_pq
    times = sorted({time for event in events for time in event[:2]})
    tuplets: list[Tuplet] = []
    reached = times[0] if times else 0
    for time in times:
        if time * PER_QUARTER % divs == 0 or time < reached:
            continue
        found = _best_tuplet(time, reached, times, events, meter)
        tuplets.append(found)
        reached = found.end
    return tuplets


def _best_tuplet(
    time: int, reached: int, times: Sequence[int], events: Sequence[Event], meter: Meter
) -> Tuplet:
    """The cheapest tuplet around a time, by the rules above."""
    best: tuple[tuple[float, ...], Tuplet] | None = None
    for length, start in _spans(time, meter):
        end = start + length
        if start < reached or end > times[-1]:
            continue
        inside = [t for t in times if start < t < end]
        ratio = _ratio(inside, start, length, meter.divs_pq)
        if ratio is None:
            continue
        cut = sum(
            event.start < edge < event.end and not event.is_rest
            for edge in (start, end)
            for event in events
        )
        odd = ratio[0] if ratio[0] > USUAL_TUPLET else 0
        shown_length = length if ratio[0] % 2 else 0
        cost = (odd, cut, start % length != 0, shown_length)
        if best is None or cost < best[0]:
            best = cost, Tuplet(start, end, *ratio)
    return best[1] if best else _unwritable(time, reached, times, meter.divs_pq)


def _unwritable(time: int, reached: int, times: Sequence[int], divs_pq: int) -> Tuplet:
    """The stretch around a time that nothing fits, to the next whole 128ths on both sides."""
    whole = [t for t in times if t * PER_QUARTER % divs_pq == 0]
    start = max([reached, *(t for t in whole if t < time)])
    return Tuplet(start, min((t for t in whole if t > time), default=times[-1]), 0, 0)


def _spans(time: int, meter: Meter) -> list[tuple[int, int]]:
    """Length and start of the spans around a time that a tuplet may fill."""
    divs = meter.divs_pq
    plain = [4 * divs, 2 * divs, divs, *(divs // part for part in (2, 4) if divs % part == 0)]
    dotted = [3 * length // 2 for length in plain if 3 * length % 2 == 0]
    found = []
    for length in plain + (dotted if meter.is_compound or meter.beats == 3 else []):
        step = length if length <= divs or length in dotted else divs
        first = time - time % step
        starts = range(first, first - length, -step)
        found += [(length, start) for start in starts if start <= time < start + length]
    return found


def _ratio(inside: Sequence[int], start: int, length: int, divs_pq: int) -> tuple[int, int] | None:
    """Actual and normal number of notes of a tuplet with these times inside, if there is one."""
    parts = math.lcm(*(length // math.gcd(time - start, length) for time in inside))
    actual = parts
    while actual % 2 == 0:
        actual //= 2
    if length * PER_QUARTER % divs_pq or not 3 <= actual <= MAX_TUPLET:
        return None
    written = length * PER_QUARTER // divs_pq
    base = 3 if written % 3 == 0 else 1
    normal = base
    while normal * 2 <= actual:
        normal *= 2
    if normal > actual:
        return None
    edges = (*inside, start + length)
    if any((time - start) * actual * PER_QUARTER % (normal * divs_pq) for time in edges):
        return None
    if parts == 2 * actual == len(inside) + 1:  # six equal notes are no triplet of pairs
        return 2 * actual, 2 * normal
    return actual, normal


def _pieces(event: Event, tuplets: Sequence[Tuplet]) -> list[tuple[int, int, Tuplet | None]]:
    """An event, cut where tuplets begin and end."""
    pieces: list[tuple[int, int, Tuplet | None]] = []
    reached = event.start
    for tuplet in tuplets:
        start, end = max(tuplet.start, event.start), min(tuplet.end, event.end)
        if start >= end:
            continue
        if reached < start:
            pieces.append((reached, start, None))
        pieces.append((start, end, tuplet))
        reached = end
    if reached < event.end:
        pieces.append((reached, event.end, None))
    return pieces


def _heads_of_piece(
    event: int, start: int, end: int, tuplet: Tuplet | None, is_rest: bool, meter: Meter
) -> list[Head]:
    """Write a stretch of one event in or outside a tuplet as note values."""
    if tuplet is not None and not tuplet.actual:
        return [_nearest_head(event, start, end, meter)]
    origin, actual, normal = (tuplet.start, tuplet.actual, tuplet.normal) if tuplet else (0, 1, 1)
    scale, unit = actual * PER_QUARTER, normal * meter.divs_pq
    first, last = ((time - origin) * scale // unit for time in (start, end))
    beat = PER_QUARTER if tuplet else meter.beat_length
    compound = meter.is_compound and tuplet is None
    heads = []
    for here, there in split_values(first, last, beat, is_rest, compound):
        name, dots = VALUES[there - here]
        at, to = (origin + written * unit // scale for written in (here, there))
        edges = (at == tuplet.start, to == tuplet.end) if tuplet else (False, False)
        heads.append(Head(event, at, to, name, dots, tuplet, *edges, meter.beam_group(at)))
    return heads


def _nearest_head(event: int, start: int, end: int, meter: Meter) -> Head:
    """A head of exact duration with the longest plain value that is not longer."""
    length = (end - start) * PER_QUARTER / meter.divs_pq
    value = max((v for v in TYPES if v <= length), default=1)
    return Head(event, start, end, TYPES[value], 0, beat=meter.beam_group(start))


@lru_cache(maxsize=20_000)
def split_values(
    start: int, end: int, beat: int, is_rest: bool, is_compound: bool
) -> tuple[tuple[int, int], ...]:
    """Cut a written stretch into note values.

    A note is one value if there is one, without or with one dot, or two that start on a beat. It
    is cut at its strongest place otherwise. In compound meters notes that reach into another beat
    are whole beats, or cut there. Rests are cut the same way and have dots only in compound meters.

    Args:
        start: 128ths from the barline, or from the start of the tuplet.
        end: 128ths.
        beat: Length of a beat, 128ths; 0 where it is none.
        is_rest: Whether it is a rest.
        is_compound: Whether a beat has three parts.

    Returns:
        Start and end of each value.
    """
    on_beat = bool(beat) and start % beat == 0
    if end - start in VALUES:
        dots = VALUES[end - start][1]
        is_whole_beats = on_beat and (end - start) % beat == 0
        within = not beat or start // beat == (end - 1) // beat
        if is_compound:
            fits = is_whole_beats or (within and dots < 2)
        elif is_rest:
            fits = dots == 0 and (within or start % (end - start) == 0)
        else:
            fits = dots < 2 or on_beat
        if fits:
            return ((start, end),)
    place = _strongest(start, end, beat if is_compound else 0)
    left = split_values(start, place, beat, is_rest, is_compound)
    return left + split_values(place, end, beat, is_rest, is_compound)


def _strongest(start: int, end: int, beat: int) -> int:
    """The strongest place inside a stretch: on a beat of a compound meter, else a power of two."""
    if beat and start // beat != (end - 1) // beat:
        step = beat
        while 2 * step < end - start and start % (2 * step) == 0:
            step *= 2
        return start - start % step + step
    step = 16 * PER_QUARTER
    while step > 1:
        place = start - start % step + step
        if place < end:
            return place
        step //= 2
    return start + 1
