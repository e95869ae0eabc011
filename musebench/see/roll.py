"""Piano roll, for scores that cannot or should not be engraved."""

import numpy as np

from musebench.score import Engraving, Heads, MeasureBox, NoteTable, System

WIDTH, LEFT, RIGHT = 2200, 90.0, 30.0
ROW, MARGIN = 11.0, 18.0  # height of a semitone, and the margin above and below
GRACE = 9.0  # length of a grace note
GROUP = 84.0  # width of an onset group, about
HALF_HEAD = 6.0


def roll(
    notes: NoteTable,
    measures: tuple[int, int] | None = None,
    width: int = WIDTH,
    *,
    why: str = "",
) -> Engraving:
    """Draw a piano roll, one picture per few measures.

    Args:
        notes: A note table.
        measures: First and last measure, as rows of ``notes.measures``; None for all.
        width: Width of a picture.
        why: Why the score is not engraved, for the page.
    """
    first, last = measures or (0, len(notes.measures) - 1)
    systems: list[System] = []
    found: list[tuple[int, int, int, float, float]] = []
    for begin, end in _lines(notes, first, last, width / GROUP):
        drawn = _RollSystem(notes, begin, end, width)
        systems.append(drawn.system())
        found += [(row, 0, len(systems) - 1, x, y) for row, x, y in drawn.heads]
    return Engraving(tuple(systems), Heads.of(found), why or "requested")


def _lines(notes: NoteTable, first: int, last: int, most: float) -> list[tuple[int, int]]:
    """First and last measure of each line of about so many onset groups."""
    groups = [0] * len(notes.measures)
    for measure, _ in set(zip(notes.measure_index.tolist(), notes.onset_div.tolist(), strict=True)):
        groups[measure] += 1
    lines, begin, count = [], first, 0
    for measure in range(first, last + 1):
        if measure > begin and count + groups[measure] > most:
            lines.append((begin, measure - 1))
            begin, count = measure, 0
        count += groups[measure]
    return [*lines, (begin, last)]


class _RollSystem:
    """The measures ``begin`` to ``end`` on a line."""

    def __init__(self, notes: NoteTable, begin: int, end: int, width: int) -> None:
        table = notes.measures
        self.begin, self.end, self.width = begin, end, float(width)
        self.start = int(table.start_div[begin])
        self.stop = max(int(table.end_div[end]), self.start + 1)
        rows = np.flatnonzero((notes.measure_index >= begin) & (notes.measure_index <= end))
        pitch = notes.pitch[rows]
        self.low = int(pitch.min(initial=60)) - 1
        self.high = int(pitch.max(initial=62)) + 1
        self.height = 2 * MARGIN + (self.high - self.low + 1) * ROW
        self.edges = [*table.start_div[begin : end + 1].tolist(), self.stop]
        columns = (rows, notes.onset_div[rows], notes.duration_div[rows], pitch)
        self.heads: list[tuple[int, float, float]] = []
        self.bars = []
        for row, onset, duration, key in zip(*(c.tolist() for c in columns), strict=True):
            x, y = self._x(onset), self._y(key)
            length = max(self._x(min(onset + duration, self.stop)) - x - 1, GRACE)
            self.heads.append((row, round(x + HALF_HEAD, 1), round(y, 1)))
            self.bars.append(
                f'<g id="n{row}" class="note"><rect x="{x:.1f}" y="{y - ROW / 2 + 1:.1f}" '
                f'width="{length:.1f}" height="{ROW - 2:.1f}" rx="3"/></g>'
            )

    def system(self) -> System:
        """The picture."""
        x = [round(self._x(edge), 1) for edge in self.edges]
        top, bottom = MARGIN, self.height - MARGIN
        lines = [
            f'<path d="M{LEFT} {self._y(key) + ROW / 2} H{self.width - RIGHT}"/>'
            for key in self._c()
        ]
        lines += [f'<path d="M{edge} {top} V{bottom}"/>' for edge in x]
        names = [
            f'<text x="{LEFT - 12}" y="{self._y(key) + 8}" text-anchor="end">'
            f"C{key // 12 - 1}</text>"
            for key in self._c()
        ]
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            'color="black"><g fill="none" stroke="currentColor" stroke-width="1.5" opacity="0.35">'
            f'{"".join(lines)}</g><g font-family="sans-serif" font-size="22" fill="currentColor">'
            f'{"".join(names)}</g><g fill="currentColor" fill-opacity="0.55">{"".join(self.bars)}'
            "</g></svg>"
        )
        boxes = [
            MeasureBox(self.begin + i, x[i], x[i + 1]) for i in range(self.end - self.begin + 1)
        ]
        return System(svg, self.width, self.height, top, bottom, tuple(boxes))

    def _c(self) -> list[int]:
        return [key for key in range(self.low, self.high + 1) if key % 12 == 0]

    def _x(self, time: int) -> float:
        return LEFT + (time - self.start) / (self.stop - self.start) * (self.width - LEFT - RIGHT)

    def _y(self, key: int) -> float:
        return MARGIN + (self.high - key + 0.5) * ROW
