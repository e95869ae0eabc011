"""What a MusicXML score says of times and meters, checked and mended before partitura reads it.

Partitura takes a number that it cannot read for none, and a backup beyond the start of a measure
for one to its start, both without a word.
"""

import warnings
from collections import Counter
from itertools import zip_longest
from typing import Any

from musebench.errors import ScoreWarning
from musebench.score.errors import Refusal
from musebench.score.limits import (
    MAX_DIVISION_CHANGES,
    MAX_FIFTHS,
    MAX_GRACES_IN_MEASURE,
    check_division,
    check_length,
    check_meter,
    check_note_count,
    check_number,
    check_part_count,
    whole_number,
)

MAX_ELEMENTS = 4 * 500_000  # in the measures of a score; each costs partitura time


def check_musicxml(root: Any) -> None:
    """Refuse a score that takes more than bounded time and memory; mend times, with a warning.

    Args:
        root: A ``score-partwise`` element; numbers that are mended are changed in place.

    Raises:
        Refusal: If it is out of bounds, or a number cannot be read.

    Warns:
        ScoreWarning: If a time was mended or a time signature left out.
    """
    check_part_count(int(root.xpath("count(part)")))
    check_note_count(int(root.xpath("count(part/measure/note)")))
    if root.xpath("count(part/measure | part/measure/*)") > MAX_ELEMENTS:
        msg = f"its measures have more than {MAX_ELEMENTS:,} elements"
        raise Refusal(msg)
    _check_divisions(root)
    graces = Counter(grace.getparent().getparent() for grace in root.iter("grace"))
    if max(graces.values(), default=0) > MAX_GRACES_IN_MEASURE:
        msg = f"it has more than {MAX_GRACES_IN_MEASURE:,} grace notes in a measure"
        raise Refusal(msg)
    times = _Times()
    for part in root.iterfind("part"):
        times.check(part)
    times.warn()


def _check_divisions(root: Any) -> None:
    changes, before = 0, None
    for element in root.iter("divisions"):
        element.text = str(check_division(element.text))
        changes += element.text != before
        before = element.text
    if changes > MAX_DIVISION_CHANGES:
        msg = f"its divisions change more than {MAX_DIVISION_CHANGES:,} times"
        raise Refusal(msg)


class _Times:
    """Follows the times of a score, part by part, and counts what has to be mended."""

    def __init__(self) -> None:
        self.mended: dict[str, tuple[int, str]] = {}
        self.place = ""

    def check(self, part: Any) -> None:
        """Check the times of a part, and mend them in place."""
        divisions = 1
        for number, measure in enumerate(part.iterfind("measure"), 1):
            self.place = f"measure {measure.get('number') or number} of part {part.get('id')}"
            position, end_of_note = 0, None  # from the start of the measure
            for element in measure:
                if element.tag == "attributes":
                    divisions = int(element.findtext("divisions", str(divisions)))
                    self._check_attributes(element)
                elif element.tag == "note":
                    length = self._length(element, divisions)
                    if end_of_note is None or element.find("chord") is None:
                        end_of_note = position + length
                    position = end_of_note
                elif element.tag == "forward":
                    position += self._length(element, divisions)
                elif element.tag == "backup":
                    position -= self._length(element, divisions)
                    if position < 0:
                        position = 0
                        self._mend("a backup beyond the start of its measure ends at the start")

    def warn(self) -> None:
        """Tell what was mended, a warning for each kind."""
        for what, (count, place) in self.mended.items():
            times = "once" if count == 1 else f"{count:,} times, first"
            warnings.warn(f"{what} ({times}: {place})", ScoreWarning, stacklevel=2)

    def _mend(self, what: str, shown: str = "") -> None:
        count, place = self.mended.get(what, (0, shown + self.place))
        self.mended[what] = (count + 1, place)

    def _length(self, element: Any, divisions: int) -> int:
        """The length of a note, forward or backup, in divisions; a whole number is written so."""
        duration = element.find("duration")
        if duration is None:
            if element.find("grace") is None:
                self._mend(f"a <{element.tag}> without duration lasts 0")
            return 0
        length = whole_number(duration.text)
        if length is not None and length < 0 and element.tag == "note":
            self._mend("a <note> of negative duration lasts 0")  # editors' broken tuplets
        elif length is None or length < 0:
            shown = (duration.text or "").strip()[:30]
            msg = (
                f"a <{element.tag}> in {self.place} has the duration {shown!r}, and whole numbers "
                "of divisions from 0 are read"
            )
            raise Refusal(msg)
        check_length(abs(length) / divisions)
        duration.text = str(length)
        return length

    def _check_attributes(self, attributes: Any) -> None:
        for fifths in attributes.iterfind("key/fifths"):
            written = check_number(
                fifths.text or "", -MAX_FIFTHS, MAX_FIFTHS, f"in {self.place} the key has fifths ="
            )
            fifths.text = str(written)
        meters = set()
        for time in attributes.iterfind("time"):
            pairs = zip_longest(time.iterfind("beats"), time.iterfind("beat-type"))
            meters |= {self._check_meter(*pair) for pair in pairs}
        if len(meters) > 1:
            self._mend("of several time signatures at one place only the first is read")

    def _check_meter(self, beats: Any, beat_type: Any) -> str:
        """Refuse an absurd meter; what is no two whole numbers, partitura passes over."""
        texts = ["" if one is None else (one.text or "").strip() for one in (beats, beat_type)]
        meter = "/".join(texts)[:30]
        upper, lower = map(whole_number, texts)
        if upper is None or lower is None:
            self._mend("a time signature is not read, the one before it holds", f"{meter!r} in ")
        else:
            check_meter(upper, lower)
            beats.text, beat_type.text = str(upper), str(lower)
        return meter
