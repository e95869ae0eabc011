"""Note table <-> pandas table: one row per note, and what is not in rows in its ``attrs``."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.errors import InputError
from musebench.score.assemble import (
    in_force,
    key_signature_table,
    measure_table,
    natural_pitch,
    order_of_notes,
)
from musebench.score.errors import Refusal
from musebench.score.limits import MAX_COMMON_DIVISION, check_length, check_number
from musebench.score.midi import ALTERS, STEPS
from musebench.score.table import (
    Ints,
    KeySignatureTable,
    MeasureTable,
    Names,
    NoteTable,
    PartTable,
    Table,
    TimeSignatureTable,
)

if TYPE_CHECKING:
    import pandas as pd

ATTRIBUTE = "musebench"  # in the attrs of a frame
TABLES = {
    "parts": PartTable,
    "measures": MeasureTable,
    "time_signatures": TimeSignatureTable,
    "key_signatures": KeySignatureTable,
}
TEXTS = ("step", "note_id", "name", "mode")  # columns that are not of numbers
SIGNS = ("key_fifths", "beats", "beat_type")
LOOKED_UP = (*SIGNS, "measure_index", "measure_position_div")
SPELLING = ("step", "alter", "octave")
DEFAULTS = {"part": 0, "staff": 0, "voice": 1}


def to_frame(notes: NoteTable) -> "pd.DataFrame":
    """Make a frame of a note table; see ``NoteTable.to_frame``."""
    import pandas as pd

    frame = pd.DataFrame(notes.columns())
    about: dict[str, Any] = {"divs_pq": notes.divs_pq, "title": notes.title}
    for name in TABLES:
        columns = getattr(notes, name).columns()
        about[name] = {column: values.tolist() for column, values in columns.items()}
    about["has_own_signs"] = _has_own_signs(notes)
    frame.attrs[ATTRIBUTE] = about
    return frame


def _has_own_signs(notes: NoteTable) -> bool:
    """Whether a part or a staff has key or time signatures that no table of the score has."""
    columns = {n: column for n, column in notes.columns().items() if n not in LOOKED_UP}
    tables: dict[str, Any] = {name: getattr(notes, name) for name in TABLES}
    plain = in_force(columns, notes.divs_pq, **tables)
    return not all(np.array_equal(getattr(plain, name), getattr(notes, name)) for name in SIGNS)


def from_frame(frame: "pd.DataFrame", divs_pq: int | None = None) -> NoteTable:
    """Make the note table of a frame; see ``NoteTable.from_frame``."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        kind = type(frame).__name__
        msg = f"a {kind} is not a pandas table; give a DataFrame with one row per note."
        raise InputError(msg)
    about = frame.attrs.get(ATTRIBUTE, {})
    divs_pq = about.get("divs_pq") if divs_pq is None else divs_pq
    if divs_pq is None:
        msg = "the frame does not say how long a quarter note is: give divs_pq, such as divs_pq=24."
        raise InputError(msg)
    try:
        what = "the divisions of a quarter note are"
        divs_pq = check_number(str(divs_pq), 1, MAX_COMMON_DIVISION, what)
        columns = _columns(frame)
        check_length(float((columns["onset_div"] + columns["duration_div"]).max()) / divs_pq)
    except Refusal as refusal:
        msg = f"the frame is not a score: {refusal}."
        raise InputError(msg) from refusal
    own = SIGNS if about.get("has_own_signs") else ()
    columns |= {name: _whole(frame, name) for name in own}
    if np.any(np.diff(columns["onset_div"]) < 0):
        order = order_of_notes(columns)
        columns = {name: column[order] for name, column in columns.items()}
    tables = _plain_tables(columns, divs_pq)
    tables |= {name: _table(kind, about[name]) for name, kind in TABLES.items() if name in about}
    num_parts = len(tables["parts"])
    if not 0 <= columns["part"].min() <= columns["part"].max() < num_parts:
        msg = f"the column 'part' counts the parts from 0, and the score has {num_parts}."
        raise InputError(msg)
    signs: dict[str, Any] = {name: columns.pop(name) for name in own}
    signs["title"] = about.get("title", "")
    return replace(in_force(columns, divs_pq, **tables), **signs)


def _columns(frame: "pd.DataFrame") -> dict[str, NDArray[Any]]:
    """The columns that belong to a note alone, in the order of the frame."""
    if not len(frame):
        msg = "the frame has no rows; a note table has at least one note."
        raise InputError(msg)
    columns: dict[str, NDArray[Any]] = {
        name: _whole(frame, name) for name in ("onset_div", "duration_div")
    }
    for name, value in DEFAULTS.items():
        given = name in frame
        columns[name] = _whole(frame, name) if given else np.full(len(frame), value, np.int64)
    given = "is_grace" in frame
    columns["is_grace"] = _whole(frame, "is_grace") > 0 if given else columns["duration_div"] == 0
    names = frame["note_id"] if "note_id" in frame else [f"n{row}" for row in range(len(frame))]
    return columns | _spelled(frame) | {"note_id": np.array(list(names), dtype=np.str_)}


def _spelled(frame: "pd.DataFrame") -> dict[str, NDArray[Any]]:
    """Pitch and spelling; of pitches alone the names that notes of a MIDI file get."""
    given = [name for name in SPELLING if name in frame]
    if not given:
        midi_pitch = _whole(frame, "pitch")
        step, alter = STEPS[midi_pitch % 12], ALTERS[midi_pitch % 12]
        return {"pitch": midi_pitch, "step": step, "alter": alter, "octave": midi_pitch // 12 - 1}
    step = np.array(list(frame["step"]) if "step" in frame else [], dtype=np.str_)
    if len(given) < len(SPELLING) or not np.isin(step, list(pitch.STEPS)).all():
        msg = (
            f"a spelling has the columns step (a letter of {pitch.STEPS}), alter and octave; give "
            "all three, or pitch alone."
        )
        raise InputError(msg)
    alter, octave = _whole(frame, "alter"), _whole(frame, "octave")
    sounding = natural_pitch(step) + alter + 12 * (octave + 1)
    wrong = np.flatnonzero(_whole(frame, "pitch") - sounding if "pitch" in frame else 0)
    if len(wrong):
        row = wrong[0]
        msg = f"row {row} is spelled as the pitch {sounding[row]}, and its pitch is another."
        raise InputError(msg)
    return {"pitch": sounding, "step": step, "alter": alter, "octave": octave}


def _whole(frame: "pd.DataFrame", name: str) -> Ints:
    """A column of whole numbers."""
    if name not in frame:
        msg = (
            f"the frame has no column {name!r}; a note has at least onset_div and duration_div, in "
            "divisions of a quarter note, and pitch."
        )
        raise InputError(msg)
    try:
        values = np.asarray(frame[name], dtype=np.float64)
    except (TypeError, ValueError):
        values = np.full(len(frame), np.nan)
    wrong = np.flatnonzero(values != np.round(values))
    if len(wrong):
        value = frame[name].iloc[wrong[0]]
        msg = f"row {wrong[0]} of the column {name!r} is {value}, which is not a whole number."
        raise InputError(msg)
    return values.astype(np.int64)


def _table(kind: type[Table], columns: dict[str, list[Any]]) -> Table:
    """Make a table of columns that are lists."""
    return kind(
        **{
            name: np.array(values, dtype=np.str_ if name in TEXTS else np.int64)
            for name, values in columns.items()
        }
    )


def _plain_tables(columns: dict[str, NDArray[Any]], divs_pq: int) -> dict[str, Any]:
    """What is taken where a frame says nothing else: 4/4 from the start, no key signatures."""
    length = 4 * divs_pq
    last = int((columns["onset_div"] + columns["duration_div"]).max())
    start = np.arange(0, max(last, 1), length, dtype=np.int64)
    names = [str(number + 1) for number in range(len(start))]
    meter = TimeSignatureTable(*(np.array([number], dtype=np.int64) for number in (0, 4, 4)))
    parts: Names = np.full(int(columns["part"].max()) + 1, "", dtype=np.str_)
    return {
        "parts": PartTable(name=parts),
        "measures": measure_table(start, start + length, names, meter, divs_pq),
        "time_signatures": meter,
        "key_signatures": key_signature_table([]),
    }
