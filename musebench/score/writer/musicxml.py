"""Note table -> MusicXML."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from musebench.score.table import Ints, NoteTable
from musebench.score.writer.accidentals import Accidentals
from musebench.score.writer.beams import beams_of_voice
from musebench.score.writer.clefs import Clef, clefs_of_staff
from musebench.score.writer.layout import (
    Measure,
    Sound,
    Voice,
    empty_voice,
    lay_out,
    measures_to_write,
)
from musebench.score.writer.marks import Harmony, Mark
from musebench.score.writer.names import one_line, part_names
from musebench.score.writer.values import Head
from musebench.score.writer.voices import MAX_VOICES, kept_voices

DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">'
)
Attributes = dict[int, list[Any]]  # time in the measure -> elements that belong in <attributes>


def to_musicxml(
    notes: NoteTable,
    marks: Sequence[Mark] = (),
    colors: NDArray[np.str_] | None = None,
    *,
    hidden_rests: bool = True,
    with_ids: bool = False,
) -> bytes:
    """Write a note table; see ``musebench.score.write_score``.

    ``with_ids`` names what is written of the note in row 7 ``n7``, and what is tied to it
    ``n7-1``, ``n7-2``.
    """
    root = etree.Element("score-partwise", version="4.0")
    if notes.title:
        _sub(_sub(root, "work"), "work-title", one_line(notes.title))
    encoding = _sub(_sub(root, "identification"), "encoding")
    _sub(encoding, "software", "musebench")
    _sub(encoding, "supports", element="accidental", type="yes")
    _sub(encoding, "supports", element="beam", type="yes")
    part_list = _sub(root, "part-list")
    names = part_names(notes)
    for index, name in enumerate(names):
        _sub(_sub(part_list, "score-part", id=f"P{index + 1}"), "part-name", name)
    measures, voices = measures_to_write(notes), kept_voices(notes)
    for index in range(len(names)):
        writer = _PartWriter(notes, index, voices, measures, colors, hidden_rests, with_ids)
        part = _sub(root, "part", id=f"P{index + 1}")
        places = {"above": index == 0, "below": index == len(names) - 1}
        part.extend(writer.measures([mark for mark in marks if places[mark.placement]]))
    return bytes(
        etree.tostring(
            root, encoding="UTF-8", xml_declaration=True, pretty_print=True, doctype=DOCTYPE
        )
    )


def _sub(parent: Any, tag: str, text: object = None, **attributes: str) -> Any:
    """Add a child with text and attributes."""
    element = etree.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = str(text)
    return element


@dataclass
class _Cursor:
    """A measure while it is written: its element, and where the next one stands, divisions."""

    element: Any
    now: int = 0

    def move_to(self, time: int) -> None:
        """Go back or forward to a time."""
        if time != self.now:
            move = _sub(self.element, "forward" if time > self.now else "backup")
            _sub(move, "duration", abs(time - self.now))
            self.now = time


class _PartWriter:
    """Writes the measures of a part."""

    def __init__(
        self,
        notes: NoteTable,
        part: int,
        voices: Ints,
        measures: list[Measure],
        colors: NDArray[np.str_] | None,
        hidden_rests: bool,
        with_ids: bool,
    ) -> None:
        self.notes, self.part, self.measures_to_write = notes, part, measures
        self.colors, self.hidden_rests = colors, hidden_rests
        self.num_heads: Counter[int] | None = Counter() if with_ids else None
        rows = np.flatnonzero(notes.part == part)
        staff = np.maximum(notes.staff[rows], 1)
        self.num_staves = int(staff.max(initial=1))
        self.content = lay_out(notes, rows, voices, measures)
        self.clefs = [
            clefs_of_staff(
                notes, rows[staff == number], len(measures), is_low=1 < number == self.num_staves
            )
            for number in range(1, self.num_staves + 1)
        ]
        self.steps, self.alters = notes.step.tolist(), notes.alter.tolist()
        self.octaves = notes.octave.tolist()
        self.fifths = 0

    def measures(self, marks: Sequence[Mark]) -> Iterable[Any]:
        """The elements of all measures."""
        starts = np.array([measure.start for measure in self.measures_to_write])
        attributes = self._attributes(starts)
        marked: dict[int, list[Mark]] = {}
        for mark in marks:
            index = int(np.searchsorted(starts, mark.onset_div, side="right")) - 1
            marked.setdefault(max(index, 0), []).append(mark)
        for index, measure in enumerate(self.measures_to_write):
            pickup = index == 0 and measure.position > 0
            number = measure.name or ("0" if pickup else str(index + 1))
            element = etree.Element("measure", number=number)
            if measure.position:
                element.set("implicit", "yes")
            cursor = _Cursor(element)
            self._write_attributes(cursor, attributes.get(index, {}))
            self._write_notes(cursor, index, measure, attributes.get(index, {}))
            for mark in marked.get(index, []):
                cursor.move_to(mark.onset_div - measure.start)
                _write_mark(element, mark, self.num_staves)
            cursor.move_to(measure.end - measure.start)
            if index == len(self.measures_to_write) - 1:
                _sub(_sub(element, "barline", location="right"), "bar-style", "light-heavy")
            yield element

    def _attributes(self, starts: NDArray[np.int64]) -> dict[int, Attributes]:
        """Measure -> time in it -> what changes there."""
        found: dict[int, Attributes] = {}

        def add(onset: int, element: Any) -> None:
            index = max(int(np.searchsorted(starts, onset, side="right")) - 1, 0)
            time = max(onset - int(starts[index]), 0)
            found.setdefault(index, {}).setdefault(time, []).append(element)

        _divisions = etree.Element("divisions")
        _divisions.text = str(self.notes.divs_pq)
        add(int(starts[0]), _divisions)
        keys = self.notes.key_signatures
        for row in np.flatnonzero(keys.part == self.part).tolist():
            add(int(keys.onset_div[row]), _key(int(keys.fifths[row]), str(keys.mode[row])))
        signatures = self.notes.time_signatures
        columns = (signatures.onset_div, signatures.beats, signatures.beat_type)
        for onset, beats, beat_type in zip(*(c.tolist() for c in columns), strict=True):
            add(onset, _time(beats, beat_type))
        staves = etree.Element("staves")
        staves.text = str(self.num_staves)
        add(int(starts[0]), staves)
        for number, clefs in enumerate(self.clefs, start=1):
            for index, clef in enumerate(clefs):
                if index == 0 or clef != clefs[index - 1]:
                    add(int(starts[index]), _clef(clef, number))
        return found

    def _write_attributes(self, cursor: _Cursor, attributes: Attributes) -> None:
        """Write what changes in a measure, in the order that MusicXML asks for."""
        order = ("divisions", "key", "time", "staves", "clef")
        for time in sorted(attributes):
            cursor.move_to(time)
            element = _sub(cursor.element, "attributes")
            element.extend(sorted(attributes[time], key=lambda e: order.index(e.tag)))

    def _write_notes(
        self, cursor: _Cursor, index: int, measure: Measure, attributes: Attributes
    ) -> None:
        """Write all voices, staff by staff."""
        changes = {
            time: int(element.findtext("fifths"))
            for time, elements in attributes.items()
            for element in elements
            if element.tag == "key"
        }
        for staff in range(1, self.num_staves + 1):
            numbers = range(1, MAX_VOICES + 1)
            found = {
                v: self.content[index, staff, v]
                for v in numbers
                if (index, staff, v) in self.content
            }
            found = found or {1: empty_voice(measure)}
            signs = self._accidentals(found, changes)
            main = max(found, key=lambda number: (found[number].sounding, -number))
            for number, voice in found.items():
                cursor.move_to(0)
                writer = _VoiceWriter(self, voice, signs, staff, number, number == main)
                writer.write(cursor.element)
                cursor.now = measure.end - measure.start
        self.fifths = changes[max(changes)] if changes else self.fifths

    def _accidentals(
        self, voices: Mapping[int, Voice], changes: Mapping[int, int]
    ) -> dict[tuple[int, int], str]:
        """(Time, note) -> accidental to show; ties need none."""
        times = []
        for voice in voices.values():
            times += [(time, 0, note) for time, of_time in voice.graces.items() for note in of_time]
            starts: dict[int, int] = {}
            for head in voice.heads:
                starts.setdefault(head.event, head.start)
            times += [
                (start, 1, sound.note)
                for event, start in starts.items()
                for sound in voice.sounds[event]
                if not sound.tied_before
            ]
        signs = {}
        state, waiting = Accidentals(self.fifths), sorted(changes.items())
        for time, _, note in sorted(times):
            while waiting and waiting[0][0] <= time:
                state.set_key(waiting.pop(0)[1])
            sign = state.show(self.steps[note], self.alters[note], self.octaves[note])
            if sign:
                signs[time, note] = sign
        return signs


@dataclass
class _VoiceWriter:
    """Writes one voice in one measure."""

    part: _PartWriter
    voice: Voice
    signs: Mapping[tuple[int, int], str]
    staff: int
    number: int
    is_main: bool

    def write(self, parent: Any) -> None:
        """Add its notes and rests, which fill the measure."""
        voice = self.voice
        if voice.is_empty:
            self._write_measure_rest(parent)
            return
        graces, first_of = dict(voice.graces), -1
        beams = beams_of_voice(voice)
        for place, head in enumerate(voice.heads):
            for note in graces.pop(head.start, []) if head.event != first_of else []:
                self._write_grace(parent, head.start, note)
            is_first, first_of = head.event != first_of, head.event
            following = voice.heads[place + 1] if place + 1 < len(voice.heads) else None
            is_last = following is None or following.event != head.event
            sounds = voice.sounds[head.event]
            if not sounds:
                self._write_rest(parent, head)
            for rank, sound in enumerate(sounds):
                tied = Sound(
                    sound.note,
                    sound.tied_before or not is_first,
                    sound.tied_after or not is_last,
                )
                self._write_head(parent, head, tied, rank, beams.get(place, ()))
        for time, notes in graces.items():  # at the very end of the score
            for note in notes:
                self._write_grace(parent, time, note)

    def _write_measure_rest(self, parent: Any) -> None:
        """Write one rest for the whole measure."""
        element = _sub(parent, "note")
        _sub(element, "rest", measure="yes")
        _sub(element, "duration", self.voice.heads[-1].end)
        _sub(element, "voice", self._voice_number)
        _sub(element, "staff", self.staff)

    def _write_rest(self, parent: Any, head: Head) -> None:
        """Write a rest."""
        element = _sub(parent, "note")
        if self.part.hidden_rests and not self.is_main:
            element.set("print-object", "no")
        _sub(element, "rest")
        _sub(element, "duration", head.end - head.start)
        self._write_value(element, head, None, ())
        _write_notations(element, head, None, 0)

    def _write_head(
        self, parent: Any, head: Head, sound: Sound, rank: int, beams: Sequence[str]
    ) -> None:
        """Write a note head; all but the first of a chord have a rank above 0."""
        element = self._note(parent, sound.note)
        if rank:
            _sub(element, "chord")
        self._write_pitch(element, sound.note)
        _sub(element, "duration", head.end - head.start)
        for kind, tied in (("stop", sound.tied_before), ("start", sound.tied_after)):
            if tied:
                _sub(element, "tie", type=kind)
        sign = None if sound.tied_before else self.signs.get((head.start, sound.note))
        self._write_value(element, head, sign, () if rank else beams, sound.note)
        _write_notations(element, head, sound, rank)

    def _write_grace(self, parent: Any, time: int, note: int) -> None:
        """Write a grace note; one that lasts is tied to what follows."""
        element = self._note(parent, note)
        _sub(element, "grace", slash="yes")
        self._write_pitch(element, note)
        lasts = bool(self.part.notes.duration_div[note])
        if lasts:
            _sub(element, "tie", type="start")
        _sub(element, "voice", self._voice_number)
        _sub(element, "type", "eighth")
        if sign := self.signs.get((time, note)):
            _sub(element, "accidental", sign)
        self._write_color(element, note)
        _sub(element, "staff", self.staff)
        if lasts:
            _sub(_sub(element, "notations"), "tied", type="start")

    def _write_value(
        self,
        element: Any,
        head: Head,
        sign: str | None,
        beams: Sequence[str],
        note: int | None = None,
    ) -> None:
        """Add what MusicXML wants between the ties and the notations, in its order."""
        _sub(element, "voice", self._voice_number)
        _sub(element, "type", head.type)
        for _ in range(head.dots):
            _sub(element, "dot")
        if sign:
            _sub(element, "accidental", sign)
        if head.tuplet:
            ratio = _sub(element, "time-modification")
            _sub(ratio, "actual-notes", head.tuplet.actual)
            _sub(ratio, "normal-notes", head.tuplet.normal)
        if note is not None:
            self._write_color(element, note)
        _sub(element, "staff", self.staff)
        for level, state in enumerate(beams, start=1):
            _sub(element, "beam", state, number=str(level))

    @property
    def _voice_number(self) -> int:
        """The number of the voice in its part."""
        return MAX_VOICES * (self.staff - 1) + self.number

    def _note(self, parent: Any, note: int) -> Any:
        """Add a ``<note>`` with the colour and identifier of a note."""
        color = self._color(note)
        element = _sub(parent, "note", **({"color": color} if color else {}))
        if (count := self.part.num_heads) is not None:
            element.set("id", f"n{note}-{count[note]}" if count[note] else f"n{note}")
            count[note] += 1
        return element

    def _color(self, note: int) -> str:
        """The colour of a note; empty if it has none."""
        return "" if self.part.colors is None else str(self.part.colors[note])

    def _write_color(self, element: Any, note: int) -> None:
        """Colour the head of a note."""
        if color := self._color(note):
            _sub(element, "notehead", "normal", color=color)

    def _write_pitch(self, element: Any, note: int) -> None:
        """Write the pitch of a note."""
        part, pitch = self.part, _sub(element, "pitch")
        _sub(pitch, "step", part.steps[note])
        if part.alters[note]:
            _sub(pitch, "alter", part.alters[note])
        _sub(pitch, "octave", part.octaves[note])


def _write_notations(element: Any, head: Head, sound: Sound | None, rank: int) -> None:
    """Add ties as they are drawn, and where a tuplet starts and stops."""
    kinds = [("tied", "stop")] if sound and sound.tied_before else []
    kinds += [("tied", "start")] if sound and sound.tied_after else []
    if head.tuplet and not rank:
        edges = (("start", head.starts_tuplet), ("stop", head.stops_tuplet))
        kinds += [("tuplet", kind) for kind, here in edges if here]
    if not kinds:
        return
    notations = _sub(element, "notations")
    for tag, kind in kinds:
        added = _sub(notations, tag, type=kind)
        if tag == "tuplet" and kind == "start":
            added.set("bracket", "yes")


def _write_mark(parent: Any, mark: Mark, num_staves: int) -> None:
    """Write words above or below the music, and the chord that they mean."""
    staff = 1 if mark.placement == "above" else num_staves
    direction = _sub(parent, "direction", placement=mark.placement)
    words = _sub(_sub(direction, "direction-type"), "words", mark.text)
    if mark.color:
        words.set("color", mark.color)
    _sub(direction, "staff", staff)
    if mark.harmony:
        words.set("font-style", "normal")
        parent.append(_harmony(mark.harmony, mark.placement, staff))


def _harmony(harmony: Harmony, placement: str, staff: int) -> Any:
    """A chord for programs; the words beside it are what is printed.

    Some programs print it in spite of ``print-object``, so its texts are empty, too.
    """
    element = etree.Element("harmony", {"print-object": "no", "placement": placement})
    for rank, degree in enumerate(harmony.degrees):
        numeral = _sub(element, "numeral")
        _sub(numeral, "numeral-root", degree.step).set("text", "")
        if degree.alter:
            _sub(numeral, "numeral-alter", degree.alter)
        key = _sub(numeral, "numeral-key", **{"print-object": "no"})
        _sub(key, "numeral-fifths", harmony.key_fifths)
        _sub(key, "numeral-mode", "natural minor" if harmony.key_mode == "minor" else "major")
        _sub(element, "kind", degree.kind).set("text", "")
        if rank == 0:
            _sub(element, "inversion", harmony.inversion)
    _sub(element, "staff", staff)
    return element


def _key(fifths: int, mode: str) -> Any:
    """A key signature."""
    key = etree.Element("key")
    _sub(key, "fifths", fifths)
    if mode:
        _sub(key, "mode", mode)
    return key


def _time(beats: int, beat_type: int) -> Any:
    """A time signature."""
    time = etree.Element("time")
    _sub(time, "beats", beats)
    _sub(time, "beat-type", beat_type)
    return time


def _clef(clef: Clef, staff: int) -> Any:
    """A clef of a staff."""
    element = etree.Element("clef", number=str(staff))
    _sub(element, "sign", clef.sign)
    _sub(element, "line", clef.line)
    return element
