"""Ties and octave lines of MEI, which name their notes or the times of these."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from musebench.score.errors import Refusal
from musebench.score.exact import Head
from musebench.score.limits import whole_number
from musebench.score.mei_bounds import XML_ID
from musebench.score.mei_signs import StaffState
from musebench.score.mei_spans import NEAR, reference, stamp

MAX_STEPS = 20_000_000  # notes looked at for a line
OCTAVES = {8: 1, 15: 2, 22: 3}


@dataclass(eq=False)
class _Known:
    """A note head, and what it can be found by."""

    head: Head
    staff: str
    layer: int
    has_octave: bool  # it says which octave sounds
    is_said: bool  # it says its alteration
    is_tail: bool = False


class _Heads:
    """The heads of a staff in time."""

    def __init__(self, heads: list[_Known]) -> None:
        self.heads = sorted(heads, key=lambda known: known.head.onset)
        self.onsets = [known.head.onset for known in self.heads]

    def between(self, start: Fraction, end: Fraction) -> list[_Known]:
        """Those that begin from one time to another, both nearly met."""
        first, last = bisect_left(self.onsets, start - NEAR), bisect_right(self.onsets, end + NEAR)
        return self.heads[first:last]


class Lines:
    """The lines of a score, from where they are found until all notes are known."""

    def __init__(self) -> None:
        self.known: list[_Known] = []
        self.named: dict[str, list[_Known]] = defaultdict(list)
        self.starts: list[Fraction] = []
        self.units: list[dict[str, Fraction]] = []
        self.ties: list[tuple[Any, int]] = []
        self.octaves: list[tuple[Any, int]] = []
        self.staves: dict[str, _Heads] = {}
        self.unmet = self.unended = 0
        self.steps = 0
        self._units: dict[str, Fraction] = {}

    def begin(self, start: Fraction, states: dict[str, StaffState]) -> int:
        """Begin a measure; return its number from 0."""
        self.starts.append(start)
        units = {n: state.unit for n, state in states.items() if state.unit != 1}
        self._units = self._units if units == self._units else units  # mostly one for all measures
        self.units.append(self._units)
        return len(self.starts) - 1

    def know(self, note: Any, head: Head, staff: str, layer: int, *, is_said: bool) -> None:
        """Take a note, which may say its alteration."""
        known = _Known(head, staff, layer, note.get("oct.ges") is not None, is_said)
        self.known.append(known)
        for element in [note, *note.iterancestors("chord", "bTrem", "fTrem")]:
            if name := element.get(XML_ID):
                self.named[name].append(known)

    def collect(self, measure: Any, number: int) -> None:
        """Take the lines of a measure."""
        self.ties += [(tie, number) for tie in measure.iter("tie")]
        self.octaves += [(octave, number) for octave in measure.iter("octave")]

    def draw(self) -> None:
        """Move what is under octave lines, then tie."""
        by_staff: dict[str, list[_Known]] = defaultdict(list)
        for known in self.known:
            by_staff[known.staff].append(known)
        self.staves = {staff: _Heads(heads) for staff, heads in by_staff.items()}
        for octave, measure in self.octaves:
            self._move(octave, measure)
        self._carry()
        for tie, measure in self.ties:
            self._tie(tie, measure)

    def _carry(self) -> None:
        """Let the accidental of a note hold for those that an attribute ties to it."""
        waiting: dict[tuple[int, str, int], int] = {}
        for known in sorted(self.known, key=lambda known: known.head.onset):
            head = known.head
            place = (head.part, head.step, head.octave)
            if head.continues and not known.is_said:
                head.alter = waiting.get(place, head.alter)
            if head.goes_on:
                waiting[place] = head.alter
            elif head.continues:
                waiting.pop(place, None)

    def _count(self, steps: int) -> None:
        """Refuse more lines over more notes than can be read in bounded time."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            msg = "its ties and octave lines are too many for its notes"
            raise Refusal(msg)

    def _time(self, line: Any, measure: int, name: str, staff: str) -> Fraction | None:
        """The time that an attribute of a line says, quarter notes."""
        if (told := stamp(line.get(name))) is None:
            return None
        place = measure + told[0]
        if place >= len(self.starts):
            return None
        return self.starts[place] + (told[1] - 1) * self.units[place].get(staff, Fraction(1))

    def _move(self, line: Any, measure: int) -> None:
        """Let what is under an octave line sound where it does."""
        octaves = OCTAVES.get(whole_number(line.get("dis")) or 8, 0)
        octaves = -octaves if line.get("dis.place") == "below" else octaves
        first, last = (self.named.get(reference(line, name)) for name in ("startid", "endid"))
        staves = (line.get("staff") or (first or last or self.known)[0].staff).split()
        layers = _layers(line)
        for staff in staves:
            start = first[0].head.onset if first else self._time(line, measure, "tstamp", staff)
            end = last[0].head.onset if last else self._time(line, measure, "tstamp2", staff)
            if start is None or end is None:
                self.unended += 1
                continue
            if staff not in self.staves:
                continue
            under = self.staves[staff].between(start, end)
            self._count(len(under))
            for known in under:
                if not known.has_octave and (not layers or known.layer in layers):
                    known.head.octave += octaves

    def _tie(self, line: Any, measure: int) -> None:
        """Tie two heads, or the heads of two chords."""
        starts = self._ends(line, measure, "startid", "tstamp")
        ends = self._ends(line, measure, "endid", "tstamp2")
        has_end = line.get("endid") or line.get("tstamp2")
        if starts and not has_end:
            near = self.staves[starts[0].staff]
            ends = [known for one in starts for known in near.between(one.head.end, one.head.end)]
        self._count(len(starts) * len(ends))
        pairs = [(one, other) for one in starts for other in ends if _fits(one, other)]
        pairs.sort(key=lambda pair: (-pair[0].head.pitch, pair[0].layer != pair[1].layer))
        if line.get("curvedir") == "below":
            pairs.reverse()
        if not pairs and starts and ends and has_end:
            self.unmet += 1
        is_named = line.get("startid") and line.get("endid")
        for one, other in pairs if is_named else pairs[:1]:
            if one.head.tied_to is None and not other.is_tail:
                one.head.tied_to, other.is_tail = other.head, True
                if one.head.pitch != other.head.pitch:  # it has the accidental of the one before
                    other.head.alter = one.head.alter

    def _ends(self, line: Any, measure: int, by_id: str, by_time: str) -> list[_Known]:
        """The heads at one end of a tie."""
        if name := reference(line, by_id):
            return self.named.get(name, [])
        found: list[_Known] = []
        for staff in (line.get("staff") or "1").split():
            time = self._time(line, measure, by_time, staff)
            if time is not None and staff in self.staves:
                found += self.staves[staff].between(time, time)
        layers = _layers(line)
        return [known for known in found if known.layer in layers] or found


def _layers(line: Any) -> set[int | None]:
    """The layers that a line says it is of; none: of all."""
    return {whole_number(layer) for layer in (line.get("layer") or "").split()}


def _fits(one: _Known, other: _Known) -> bool:
    """Whether two heads can be tied: one pitch, one after the other, not yet tied.

    What does not say its alteration may have that of the other.
    """
    first, second = one.head, other.head
    is_same = (first.step, first.octave) == (second.step, second.octave) and not other.is_said
    return (
        first is not second
        and first.tied_to is None
        and not other.is_tail
        and (is_same or first.pitch == second.pitch)
        and first.onset <= second.onset
        and (first.end == second.onset or second.measure - first.measure <= 1)
    )
