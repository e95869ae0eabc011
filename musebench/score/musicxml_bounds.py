"""How much a MusicXML score may hold, checked before partitura reads it."""

from collections import Counter
from itertools import groupby
from typing import Any

from musebench.score.errors import Refusal
from musebench.score.limits import (
    MAX_DIVISION_CHANGES,
    MAX_ELEMENTS,
    MAX_GRACES_IN_MEASURE,
    check_note_count,
    check_part_count,
)


def check_musicxml(root: Any) -> None:
    """Refuse a score that takes more than bounded time and memory.

    Args:
        root: A ``score-partwise`` element.

    Raises:
        Refusal: If it is out of bounds.
    """
    check_part_count(int(root.xpath("count(part)")))
    check_note_count(int(root.xpath("count(part/measure/note)")))
    if root.xpath("count(part/measure) + count(part/measure/*)") > MAX_ELEMENTS:
        msg = f"its measures have more than {MAX_ELEMENTS:,} elements"
        raise Refusal(msg)
    divisions = groupby(element.text for element in root.iter("divisions"))
    if sum(1 for _ in divisions) > MAX_DIVISION_CHANGES:
        msg = f"its divisions change more than {MAX_DIVISION_CHANGES:,} times"
        raise Refusal(msg)
    graces = Counter(grace.getparent().getparent() for grace in root.iter("grace"))
    if max(graces.values(), default=0) > MAX_GRACES_IN_MEASURE:
        msg = f"it has more than {MAX_GRACES_IN_MEASURE:,} grace notes in a measure"
        raise Refusal(msg)
