"""A ``score`` of MEI -> what is in it: staves, definitions, measures, layers."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from musebench.score.errors import Refusal
from musebench.score.exact import FoundScore, Head
from musebench.score.limits import check_part_count, whole_number
from musebench.score.mei_layer import LayerReader
from musebench.score.mei_lines import Lines
from musebench.score.mei_signs import (
    DEFINING,
    StaffState,
    key_of,
    meter_of,
    moved_by,
    ticks_of,
)
from musebench.score.mei_spans import Spans
from musebench.score.signatures import UNUSUAL_KEY

VOICES_PER_STAFF = 4
MAX_STEPS = 20_000_000  # staves looked at for a definition or a measure
DEFAULTS = ("dur.default", "num.default", "numbase.default", "oct.default")
OLD_NAMES = {"duration.default": "dur.default", "octave.default": "oct.default"}
NOT_SCORE = ("div", "expansion", "pb", "pgFoot", "pgHead", "sb")

OTHER_METER = "time signatures of lower staves that differ from the upper one's are left out"
OTHER_KEY = "key signatures of the second staff of a part are left out"
UNDEFINED = "staves without a definition are left out"
UNENDED = "octave lines without an end are left out"
UNMET = "ties that lead to no note of their pitch are left out"


class MeiScore:
    """Reads one movement.

    Args:
        root: The element ``score`` or ``part``, without copies and variants.

    Attributes:
        warned: What was left out, rounded or chosen, and how often.
    """

    def __init__(self, root: Any) -> None:
        self.root = root
        _number_staves(root)
        self.found = FoundScore()
        self.states: dict[str, StaffState] = {}
        self.place: dict[str, tuple[int, int]] = {}
        self.keys: dict[int, int] = {}  # the fifths in force in each part
        self.now = Fraction(0)
        self.turns: list[tuple[int, int]] = []
        self.says_what_sounds: bool = root.xpath("boolean(.//@accid.ges)")
        self.lines = Lines()
        self.spans = Spans(root)
        self.warned: Counter[str] = Counter()

    def read(self) -> FoundScore:
        """Read it all.

        Raises:
            Refusal: If it is not to be read rightly.
        """
        self._list_parts()
        self._check_definitions()
        for element in self._stretches(self.root):
            if element.tag == "measure":
                self._read_measure(element)
            else:
                self.define(element, self.now)
        self.lines.draw()
        self.warned += Counter({UNMET: self.lines.unmet, UNENDED: self.lines.unended})
        return self.found

    def _stretches(self, root: Any) -> Iterator[Any]:
        """Measures and definitions in order."""
        for element in root:
            if element.tag == "measure" or element.tag in DEFINING:
                yield element
            elif element.tag not in NOT_SCORE:
                if element.tag == "ending":
                    self.found.endings.add(self.now)
                yield from self._stretches(element)

    def _list_parts(self) -> None:
        """Make a part of each staff, or of the staves with one brace and at most one label."""
        definitions: dict[str, Any] = {}
        for definition in self.root.iter("staffDef"):
            if not _is_inside_music(definition):
                definitions.setdefault(definition.get("n"), definition)
        if not definitions:
            definitions = {staff.get("n"): None for staff in self.root.iter("staff")}
        ticks, groups = ticks_of(self.root), dict[int, int]()
        for n, definition in definitions.items():
            group = None if definition is None else _braced(definition)
            if group is None or id(group) not in groups:
                groups[id(group)] = len(self.found.parts)
                self.found.parts.append(_label(definition) or _label(group))
            part = groups[id(group)] if group is not None else len(self.found.parts) - 1
            staff = 1 + sum(of == part for of, _ in self.place.values())
            self.place[n] = (part, staff)
            self.states[n] = StaffState(ppq=ticks.get(n))

    def _check_definitions(self) -> None:
        """Refuse more definitions for more staves than can be read in bounded time."""
        check_part_count(len(self.states))
        count = sum(1 for _ in self.root.iter(*DEFINING, "measure"))
        if count * len(self.states) > MAX_STEPS:
            msg = "its measures and definitions are too many for its staves"
            raise Refusal(msg)

    # --- definitions -----------------------------------------------------------------------------

    def define(self, definition: Any, onset: Fraction, staff: str | None = None) -> None:
        """Let a definition, or a sign in a layer, come into force at a time, on a staff or all."""
        if staff is None and definition.tag == "staffDef":
            staff = definition.get("n")
        self._define(definition, onset, staff)
        for inner in definition.iter("staffDef"):
            if inner is not definition:
                self._define(inner, onset, inner.get("n"))
        for n, state in self.states.items():
            if state.is_signed and state.fifths is not None:
                key = (state.moved.move_key(state.fifths), state.mode)
                self._add_key(self.place[n], onset, *key)
            state.is_signed = False

    def _define(self, definition: Any, onset: Fraction, staff: str | None) -> None:
        """Take the signatures of one definition, on a staff or all."""
        meters = meter_of(definition) if definition.tag != "keySig" else []
        if meters and (staff is None or staff == next(iter(self.states)) or not self.found.meters):
            self.found.meters.append((onset, *meters[0]))
            self.turns = meters if len(meters) > 1 else []
        elif meters and self.found.meters[-1][1:] != meters[0]:
            self.warned[OTHER_METER] += 1
        for n in self.states if staff is None else {staff} & self.states.keys():
            self._define_staff(definition, self.states[n], meters)

    def _add_key(self, place: tuple[int, int], onset: Fraction, fifths: int, mode: str) -> None:
        """Take a key signature; of several staves of a part, those of the first."""
        part, staff = place
        if staff == 1 or part not in self.keys:
            self.found.keys.append((part, onset, fifths, mode))
            self.keys[part] = fifths
        elif self.keys[part] != fifths:
            self.warned[OTHER_KEY] += 1

    def _define_staff(
        self, definition: Any, state: StaffState, meters: list[tuple[int, int]]
    ) -> None:
        """Take what a definition says of one staff."""
        if meters:
            state.meter = meters[0]
        if definition.tag in {"meterSig", "meterSigGrp"}:
            return
        if (key := key_of(definition)) is not None:
            state.fifths, state.mode, is_unusual = key
            state.is_signed = True
            self.warned[UNUSUAL_KEY] += is_unusual
        if (moved := moved_by(definition)) is not None:
            state.is_signed |= moved != state.moved
            state.moved = moved
        state.ppq = whole_number(definition.get("ppq")) or state.ppq
        for holder in [definition, *definition.findall("layerDef")]:
            layer = holder.get("n") if holder is not definition else None
            for name in [*DEFAULTS, *OLD_NAMES]:
                if told := holder.get(name):
                    state.defaults[layer, OLD_NAMES.get(name, name)] = told

    # --- measures --------------------------------------------------------------------------------

    def _read_measure(self, measure: Any) -> None:
        """Read a measure: all that it lasts is what its longest layer lasts."""
        for definition in measure.iterchildren(*DEFINING):
            self.define(definition, self.now)
        if len(self.turns) > 1 and self.found.meters[-1][0] < self.now:
            self._turn()
        start, number = self.now, self.lines.begin(self.now, self.states)
        lasted, repeats = Fraction(0), 1
        for staff in _outermost(measure, "staff"):
            n = staff.get("n")
            if n not in self.place:
                self.warned[UNDEFINED] += 1
                continue
            self.states[n].signed.clear()
            for definition in staff.iterchildren(*DEFINING):
                self.define(definition, start, n)
            for index, layer in enumerate(_outermost(staff, "layer"), start=1):
                reader = LayerReader(self, n, layer, index, start, number)
                reader.read()
                lasted = max(lasted, reader.now - start)
                repeats = max(repeats, reader.measures)
        state = next(iter(self.states.values()), StaffState())
        self._end_measure(measure, start, lasted, repeats, state.nominal)
        self.lines.collect(measure, number)

    def _turn(self) -> None:
        """The next of signatures that alternate."""
        self.turns = [*self.turns[1:], self.turns[0]]
        self.found.meters.append((self.now, *self.turns[0]))
        for state in self.states.values():
            state.meter = self.turns[0]

    def _end_measure(
        self, measure: Any, start: Fraction, lasted: Fraction, repeats: int, nominal: Fraction
    ) -> None:
        """End a measure, or all that a rest of several measures stands for."""
        name = measure.get("n") or ""
        if lasted or repeats == 1:
            self.now = start + (lasted or nominal)
            self.found.measures.append((start, self.now, name))
            return
        first = whole_number(name)
        for count in range(repeats):
            self.now = start + nominal * (count + 1)
            printed = name if first is None else str(first + count)
            self.found.measures.append((self.now - nominal, self.now, printed))

    # --- notes -----------------------------------------------------------------------------------

    def add(self, head: Head, element: Any, staff: str, layer: int, *, is_said: bool) -> None:
        """Take a note, which may say its alteration."""
        part, of_part = self.place[staff]
        head.part, head.staff = part, of_part
        if not head.note_id:
            head.note_id = f"note{len(self.found.heads) + 1}"
        self.found.heads.append(head)
        self.lines.know(element, head, staff, layer, is_said=is_said)

    def voice(self, staff: str, layer: int) -> int:
        """The voice of a layer in its part."""
        return layer + VOICES_PER_STAFF * (self.place[staff][1] - 1)

    def staff_of(self, element: Any, staff: str) -> str:
        """The staff that an element says it is on, if that is of the same part."""
        told = element.get("staff")
        is_near = told in self.place and self.place[told][0] == self.place[staff][0]
        return str(told) if is_near else staff


def _number_staves(root: Any) -> None:
    """Number staves, their definitions and layers that have no number, in place."""
    for holder in root.iter("scoreDef", "measure", "staff"):
        tag = {"scoreDef": "staffDef", "measure": "staff", "staff": "layer"}[holder.tag]
        for number, element in enumerate(holder.iter(tag), start=1):
            if not element.get("n"):
                element.set("n", str(number))


def _outermost(root: Any, tag: str) -> Iterator[Any]:
    """The elements of a tag in another, but those inside one of them (of an ossia)."""
    for element in root:
        if element.tag == tag:
            yield element
        else:
            yield from _outermost(element, tag)


def _is_inside_music(definition: Any) -> bool:
    """Whether a definition is inside a measure."""
    return any(parent.tag == "measure" for parent in definition.iterancestors())


def _braced(definition: Any) -> Any:
    """The innermost group with a brace around a staff, if its staves have at most one label."""
    for group in definition.iterancestors("staffGrp"):
        sign = group.find("grpSym")
        symbols = {group.get("symbol"), None if sign is None else sign.get("symbol")}
        if "brace" in symbols:
            labels = [_label(inner) for inner in group.iter("staffDef")]
            told = {label for label in labels if label}
            return group if len(told) <= 1 else None
    return None


def _label(element: Any) -> str:
    """The printed name of a staff or group; empty if it has none."""
    if element is None:
        return ""
    child = element.find("label")
    text = element.get("label") or ("" if child is None else "".join(child.itertext()))
    return " ".join(text.split())
