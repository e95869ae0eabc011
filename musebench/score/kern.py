"""Humdrum kern -> note table: spines, their splits and joins, times in exact fractions.

Source:
    Huron, "The Humdrum Toolkit: Reference Manual", 1994: the representation ``**kern`` and the
    spine paths.
"""

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from musebench.errors import ScoreWarning
from musebench.score.errors import Refusal
from musebench.score.exact import exact_table
from musebench.score.kern_parts import Sign, Spine, found_score
from musebench.score.kern_tokens import read_token
from musebench.score.limits import check_note_count, check_part_count
from musebench.score.source import pick, text_of
from musebench.score.table import NoteTable
from musebench.score.told import warn_of

MAX_KERN_BYTES = 8 * 2**20  # the largest score of the corpora has 0.1 MB
MAX_LINES = 200_000  # of one spine, notes and barlines of the longest score that is read
TITLE = re.compile(r"!!!OTL[^:]*:(.*)")
DRUMS = "notes without a pitch, as of drums, are left out"
OTHER_READING = "of several readings (*S/) the first is read; a field of another is left out"
Line = tuple[int, list[str]]  # its number in the file, from 1, and its fields


def read_kern(data: bytes, number: int | None = None) -> NoteTable:
    """Read a kern score, as it is notated: repeats are not unfolded.

    Kern writes what sounds: ``*ITr`` and ``*Tr`` move nothing. Spines of one ``*part`` are staves
    of one part, as are those of one keyboard instrument; parts are in order from high to low.
    Other spines than ``**kern`` count no time. A note is named by its line and field, and its place
    in a chord: ``L12F2S1``.

    Args:
        data: The file.
        number: Which of several scores in the file, from 1; None: the first.

    Returns:
        Its note table.

    Raises:
        Refusal: If it cannot be read rightly or within bounds.

    Warns:
        ScoreWarning: If something was left out or mended.
    """
    scores = _scores(text_of(data))
    if not scores:
        msg = "it is not Humdrum: no line names its spines, such as **kern"
        raise Refusal(msg)
    reader = _KernReader()
    for line, cells in pick(scores, number, "scores"):
        reader.read_line(line, cells)
    reader.end()
    found = found_score(reader.spines, reader.signs)
    found.title = reader.title
    return exact_table(found)


def count_scores(data: bytes) -> int:
    """How many scores a Humdrum file has, one after the other.

    Raises:
        Refusal: If it is not Humdrum, or has too many lines.
    """
    return len(_scores(text_of(data)))


def _scores(text: str) -> list[list[Line]]:
    """The lines of each score but comments and blank lines; a score ends where all spines do.

    Its title may stand in front of it, in it, or behind the last score.
    """
    lines = re.split(r"\r\n?|\n", text)
    if len(lines) > MAX_LINES:
        msg = f"it has more than {MAX_LINES:,} lines"
        raise Refusal(msg)
    scores: list[list[Line]] = []
    titles: list[Line] = []
    is_open = False
    for number, line in enumerate(lines, start=1):
        if TITLE.match(line):
            titles.append((number, [line]))
        if not line.strip() or line.startswith("!"):  # ``!!!filter:`` and the like run nothing
            continue
        cells = line.split("\t")
        while len(cells) > 1 and not cells[-1]:
            cells.pop()
        if not is_open:
            if not cells[0].startswith("**"):
                msg = (
                    "it is not Humdrum: its first line is not **kern or another interpretation"
                    f" (line {number})"
                )
                raise Refusal(msg)
            scores.append([])
        scores[-1] += [*titles, (number, cells)]
        titles, is_open = [], not all(cell == "*-" for cell in cells)
    if scores:
        scores[-1] += titles
    return scores


@dataclass
class _Column:
    """A field of the lines: a spine, or one of those that it is split into."""

    spine: Spine
    free: Fraction = Fraction(0)  # where its last note ends
    has_begun: bool = False
    is_left_out: bool = False  # another reading of what is beside it


@dataclass
class _Waiting:
    """Barlines and signs that wait for the time of the next note."""

    barlines: list[str] = field(default_factory=list)
    signs: list[tuple[Spine, str]] = field(default_factory=list)


class _KernReader:
    """Reads a score line by line."""

    def __init__(self) -> None:
        self.columns: list[_Column] = []
        self.spines: list[Spine] = []
        self.signs: list[Sign] = []
        self.waiting = _Waiting()
        self.now = Fraction(0)
        self.measure = 0
        self.num_notes = 0
        self.title = ""
        self.apart: list[int] = []  # lines where spines disagree on time
        self.warned: Counter[str] = Counter()

    def read_line(self, line: int, cells: list[str]) -> None:
        """Read a line of fields, or of a title."""
        if match := TITLE.match(cells[0]):
            self.title = self.title or " ".join(match[1].split())
            return
        if len(cells) != len(self.columns):
            cells = [cell for cell in cells if cell]  # tabs that only align
        if not self.columns:
            self.columns = [_Column(self._new_spine(cell, 0, i)) for i, cell in enumerate(cells)]
            return
        if len(cells) != len(self.columns):
            msg = f"line {line} has {len(cells)} fields, and there are {len(self.columns)} spines"
            raise Refusal(msg)
        check_part_count(max(len(self.columns), len(self.spines)))
        if any(cell.startswith("*") for cell in cells):
            self._interpret(line, cells)
        elif any(cell.startswith("=") for cell in cells):
            self.waiting.barlines.append(next(cell for cell in cells if cell.startswith("=")))
        else:
            self._read_data(line, cells)

    def end(self) -> None:
        """End the score where its last note does.

        Raises:
            Refusal: If it has no kern.

        Warns:
            ScoreWarning: If it is not whole, or its spines disagree.
        """
        if not any(spine.is_kern for spine in self.spines):
            msg = "it has no **kern spine"
            raise Refusal(msg)
        if self.columns:
            msg = "its spines do not end with *-, so it may be cut off"
            warnings.warn(msg, ScoreWarning, stacklevel=2)
        warn_of(self.warned)
        if self.apart:
            msg = (
                f"its spines disagree on the time in {len(self.apart):,} lines, the first is line "
                f"{self.apart[0]}; the latest time is taken"
            )
            warnings.warn(msg, ScoreWarning, stacklevel=2)
        ends = [head.end for spine in self.spines for head in spine.heads]
        rests = [spine.reached for spine in self.spines]
        self._pass(max([*ends, *rests, self.now]))
        self.signs.append(Sign(self.now, "end"))

    # --- spines ----------------------------------------------------------------------------------

    def _new_spine(self, interpretation: str, line: int, place: int) -> Spine:
        """Begin a spine at a column of a line; line 0 is the first one."""
        if not interpretation.startswith("**"):
            msg = f"line {line} begins no spine with {interpretation[:30]!r}"
            raise Refusal(msg)
        spine = Spine(is_kern=interpretation == "**kern")
        self.spines.insert(place if not line else self._place(place), spine)
        return spine

    def _place(self, column: int) -> int:
        """Where a spine that begins at a column stands among all spines."""
        if column == 0:
            return 0
        return self.spines.index(self.columns[column - 1].spine) + 1

    def _interpret(self, line: int, cells: list[str]) -> None:
        """Follow splits, joins, exchanges, ends and beginnings of spines; keep signs."""
        following: list[_Column] = []
        before = ""
        for place, (cell, column) in enumerate(zip(cells, self.columns, strict=True)):
            is_second = cell in {"*x", "*v"} and before == cell
            if cell.startswith("**"):
                if column.spine.is_new:
                    following.append(_Column(self._new_spine(cell, line, place), column.free))
                else:
                    following.append(column)
                    column.spine.is_kern = cell == "**kern"
            elif cell == "*^":
                column.spine.is_divided = True
                following += [column, replace(column)]
            elif cell == "*+":
                following += [column, _Column(Spine(is_new=True), column.free)]
            elif is_second and cell == "*x":
                following.insert(-1, column)
            elif is_second:
                following[-1].free = max(following[-1].free, column.free)
            elif cell != "*-":
                following.append(column)
                if cell != "*":
                    self._take_sign(place, cells)
            before = "" if is_second and cell == "*x" else cell
        self.columns = following

    def _take_sign(self, place: int, cells: list[str]) -> None:
        """Keep the sign of a column; from it on, a reading can be left out, or notes are drums."""
        cell, column = cells[place], self.columns[place]
        if cell.startswith("*S/"):
            column.is_left_out = any(
                other.spine is column.spine and sign.startswith("*S/")
                for other, sign in zip(self.columns[:place], cells, strict=False)
            )
        elif cell in {"*S-", "*Xstrophe"}:
            column.is_left_out = False
        elif cell.startswith("*clef"):
            column.spine.has_drums = cell.startswith("*clefX")
        self.waiting.signs.append((column.spine, cell))

    # --- times -----------------------------------------------------------------------------------

    def _pass(self, time: Fraction) -> None:
        """Come to a time, and put there what waits for it."""
        for barline in self.waiting.barlines:
            self.signs.append(Sign(time, barline))
        self.measure += len(self.waiting.barlines)
        for spine, sign in self.waiting.signs:
            self.signs.append(Sign(time, sign, spine))
        self.waiting = _Waiting()
        self.now = time

    def _read_data(self, line: int, cells: list[str]) -> None:
        """Read a line of notes, all of which begin at one time."""
        if any(column.spine.is_new for column in self.columns):
            msg = f"a spine is added (*+) before line {line} and does not say what it is"
            raise Refusal(msg)
        places = [
            place
            for place, (cell, column) in enumerate(zip(cells, self.columns, strict=True))
            if cell not in {".", ""} and column.spine.is_kern
        ]
        tokens = {
            place: read_token(cells[place], line, has_drums=self.columns[place].spine.has_drums)
            for place in places
            if not self.columns[place].is_left_out
        }
        self.warned[OTHER_READING] += len(places) - len(tokens)
        lasting = [place for place, token in tokens.items() if not token.is_grace]
        if not tokens:
            return
        free = [self.columns[place].free for place in lasting or tokens]
        self._pass(max(*free, self.now))
        if any(
            self.columns[place].free != self.now
            and self.columns[place].has_begun
            and not self.columns[place].spine.is_divided
            for place in lasting
        ):
            self.apart.append(line)
        voices = list(self._voices())
        for place, token in tokens.items():
            spine = self.columns[place].spine
            heads = token.heads(self.now, self.measure, voices[place], f"L{line}F{place + 1}")
            self.num_notes += len(heads)
            self.warned[DRUMS] += token.num_unpitched
            spine.heads += heads
            if place in lasting:
                self.columns[place].free = self.now + token.lasts
                self.columns[place].has_begun = True
                spine.reached = max(spine.reached, self.now + token.lasts)
        check_note_count(self.num_notes)

    def _voices(self) -> Iterator[int]:
        """The place of each column among those of its spine, from 1."""
        counts: dict[int, int] = {}
        for column in self.columns:
            counts[id(column.spine)] = counts.get(id(column.spine), 0) + 1
            yield counts[id(column.spine)]
