"""Tuplets of MEI that do not stand around their notes (``tupletSpan``)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from musebench.score.errors import Refusal
from musebench.score.mei_bounds import XML_ID
from musebench.score.mei_signs import ratio_of

MOST_AHEAD = 8  # measures that a tuplet goes on
MOST_AT_ONCE = 100  # tuplets over one event, or in a measure
NEAR = Fraction(1, 50)  # time stamps are rounded decimals


def stamp(text: str | None) -> tuple[int, Fraction] | None:
    """Measures ahead and beat of a time stamp such as ``1m+2.5``; None if it is none."""
    measures, _, beat = (text or "").rpartition("m+")
    try:
        return int(measures or 0), Fraction(beat)
    except (ValueError, ZeroDivisionError):
        return None


def reference(element: Any, name: str) -> str:
    """The identifier that an attribute points to."""
    return (element.get(name) or "").strip().rpartition("#")[2]


@dataclass
class _ByTime:
    """A span from a time stamp in a measure to another."""

    ratio: Fraction
    measure: int
    start: Fraction
    ahead: int
    end: Fraction
    layers: list[str]  # none: all

    def holds(self, measure: int, beat: Fraction, layer: str) -> bool:
        """Whether it holds where an event of a layer starts."""
        if self.layers and layer not in self.layers:
            return False
        last = self.end - NEAR if _is_plain(self.end) else self.end + NEAR
        is_begun = measure > self.measure or beat >= self.start - NEAR
        end = self.measure + self.ahead
        return is_begun and (measure < end or (measure == end and beat < last))


def _is_plain(beat: Fraction) -> bool:
    """Whether a time stamp is an end, on a half of a beat and so on, where no tuplet's last is."""
    return (beat * 64).denominator == 1


class Spans:
    """All spans of a score.

    Args:
        root: The element ``score``.
    """

    def __init__(self, root: Any) -> None:
        self.by_id: dict[tuple[str, str], dict[str, tuple[Fraction, str]]] = {}
        self.by_time: dict[tuple[str, int], list[_ByTime]] = {}
        self.open: dict[tuple[str, str], list[tuple[Fraction, str]]] = {}
        if next(root.iter("tupletSpan"), None) is None:
            return
        order = {e.get(XML_ID): (i, e) for i, e in enumerate(root.iter()) if e.get(XML_ID)}
        for number, measure in enumerate(root.iter("measure")):
            for span in measure.iter("tupletSpan"):
                self._add(span, number, order)

    def _add(self, span: Any, measure: int, order: dict[str, tuple[int, Any]]) -> None:
        """Take a span: by its first and last note, or by time stamps."""
        ratio = ratio_of(span)
        plist = [name.rpartition("#")[2] for name in (span.get("plist") or "").split()]
        listed = sorted(order[name][0] for name in plist if name in order)
        names = {order[name][0]: name for name in plist if name in order}
        first = reference(span, "startid") or (names[listed[0]] if listed else "")
        last = reference(span, "endid") or (names[listed[-1]] if listed else "")
        if first in order and last in order:
            place = _layer_of(order[first][1])
            if place == _layer_of(order[last][1]) and order[first][0] <= order[last][0]:
                self.by_id.setdefault(place, {})[first] = (ratio, last)
            return
        start, end = stamp(span.get("tstamp")), stamp(span.get("tstamp2"))
        if start and end:
            layers = (span.get("layer") or "").split()
            found = _ByTime(ratio, measure, start[1], *end, layers)
            for staff in (span.get("staff") or "1").split():
                for ahead in range(min(end[0], MOST_AHEAD) + 1):
                    here = self.by_time.setdefault((staff, measure + ahead), [])
                    here.append(found)
                    _check_count(here)

    def on(self, staff: str, layer: str, measure: int) -> "LayerSpans":
        """The spans on a layer of a measure."""
        return LayerSpans(self, (staff, layer), measure)


class LayerSpans:
    """The spans on a layer of a measure, while its events are read."""

    def __init__(self, spans: Spans, place: tuple[str, str], measure: int) -> None:
        self.starts = spans.by_id.get(place, {})
        self.open = spans.open.setdefault(place, []) if self.starts else []
        self.by_time = spans.by_time.get((place[0], measure), [])
        self.layer, self.measure = place[1], measure

    def enter(self, event: Any, now: Fraction, start: Fraction, unit: Fraction) -> Fraction:
        """What the spans make of an event's duration; those that begin at it hold from now on."""
        ratio = Fraction(1)
        if self.starts:
            self.open += [self.starts[name] for name in _names(event) if name in self.starts]
            _check_count(self.open)
        for of_span, _ in self.open:
            ratio *= of_span
        if self.by_time:
            beat = (now - start) / unit + 1
            for span in self.by_time:
                if span.holds(self.measure, beat, self.layer):
                    ratio *= span.ratio
        return ratio

    def leave(self, event: Any) -> None:
        """End the spans that end with an event."""
        if self.open:
            names = _names(event)
            self.open[:] = [span for span in self.open if span[1] not in names]


def _check_count(spans: list[Any]) -> None:
    """Refuse too many spans in one place."""
    if len(spans) > MOST_AT_ONCE:
        msg = f"more than {MOST_AT_ONCE} tuplets (tupletSpan) are in one place"
        raise Refusal(msg)


def _names(event: Any) -> set[str]:
    """The identifiers of an event and of what is inside it."""
    return {name for element in event.iter() if (name := element.get(XML_ID))}


def _layer_of(element: Any) -> tuple[str, str]:
    """Numbers of the staff and the layer that an element is in."""
    layer = next(element.iterancestors("layer"), None)
    staff = next(element.iterancestors("staff"), None)
    if layer is None or staff is None:
        return ("", "")
    return staff.get("n"), layer.get("n")
