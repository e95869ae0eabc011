"""Note tables by hand and by chance, and what is written of them."""

import numpy as np
from hypothesis import strategies as st
from lxml import etree

from musebench.score import PartTable, TimeSignatureTable, read_score, write_score
from musebench.score.assemble import FoundNotes, assemble, key_signature_table, measure_table
from musebench.score.writer.values import Event, Meter, note_values

NOTE_COLUMNS = ("onset_div", "duration_div", "pitch", "step", "alter", "octave", "part", "staff")
TABLES = ("measures", "time_signatures", "key_signatures", "parts")


def table_of(notes, divs=12, meters=((0, 4, 4),), keys=((0, 0, 0, ""),), pickup=0, parts=("",)):
    """A table of (onset, duration, step, alter, octave, part, staff, voice, is_grace)."""
    columns = list(zip(*notes, strict=True))
    onset, duration, step, alter, octave, part, staff, voice, grace = columns
    ints = {
        name: np.array(column, dtype=np.int64)
        for name, column in {
            "onset_div": onset, "alter": alter, "octave": octave, "part": part, "staff": staff,
            "voice": voice, "is_grace": grace,
        }.items()
    }  # fmt: skip
    offset = ints["onset_div"] + np.array(duration, dtype=np.int64)
    signatures = TimeSignatureTable(*np.array(meters, dtype=np.int64).T)
    starts, ends = [], []
    now, last = 0, max(int(offset.max()), int(signatures.onset_div[-1]) + 1)
    while now < last:
        row = np.searchsorted(signatures.onset_div, now, side="right") - 1
        length = int(signatures.beats[row] * 4 * divs // signatures.beat_type[row])
        starts.append(now)
        now += pickup if pickup and not ends else length
        ends.append(now)
    names = [str(i if pickup else i + 1) for i in range(len(starts))]
    return assemble(
        FoundNotes(
            offset_div=offset,
            step=np.array(step),
            note_id=np.arange(len(notes)).astype(str),
            **ints,
        ),
        divs,
        PartTable(np.array(parts)),
        measure_table(np.array(starts), np.array(ends), names, signatures, divs),
        signatures,
        key_signature_table(list(keys)),
    )


def simple(*notes, **options):
    """A table of (onset, duration, step, octave) on one staff, all in voice 1."""
    return table_of([(on, lasts, s, 0, o, 0, 1, 1, False) for on, lasts, s, o in notes], **options)


def check_same(found, wanted):
    for name in NOTE_COLUMNS:
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), err_msg=name)
    assert found.divs_pq == wanted.divs_pq
    for name in TABLES:
        for column, values in getattr(wanted, name).columns().items():
            read = getattr(found, name).columns()[column]
            np.testing.assert_array_equal(read, values, err_msg=f"{name}.{column}")


def written(notes, folder, name="score.musicxml", **options):
    write_score(notes, folder / name, **options)
    return read_score(folder / name)


def elements(notes, folder, **options):
    write_score(notes, folder / "score.musicxml", **options)
    return etree.fromstring((folder / "score.musicxml").read_bytes())


SPELLINGS = st.sampled_from([(s, a) for s in "CDEFGAB" for a in (-3, -2, -1, 0, 1, 2, 3)])
METERS = [((0, 4, 4),), ((0, 3, 4),), ((0, 6, 8), (72, 2, 4)), ((0, 2, 2),), ((0, 5, 8),)]


@st.composite
def tables(draw, parts=3):
    """Tables of up to three parts of two staves with anything on a grid of 24 divisions."""
    num_parts = draw(st.integers(1, parts))
    notes, busy = [], {}
    for _ in range(draw(st.integers(1, 25))):
        step, alter = draw(SPELLINGS)
        octave = draw(st.integers(1, 7))
        part, onset = draw(st.integers(0, num_parts - 1)), draw(st.integers(0, 240))
        duration = draw(st.sampled_from([0, 1, 2, 3, 4, 6, 8, 12, 16, 18, 20, 24, 36, 60, 96, 200]))
        if not duration:  # partitura cannot name a grace note that is altered more
            alter = max(-2, min(alter, 2))
        sounding = busy.setdefault((part, 12 * octave + "C D EF G A B".index(step) + alter), [])
        # One part cannot tie two notes of one pitch at one time.
        if any(onset <= end and start <= onset + duration for start, end in sounding):
            continue
        sounding.append((onset, onset + duration))
        staff, voice = draw(st.integers(1, 2)), draw(st.integers(1, 6))
        notes.append((onset, duration, step, alter, octave, part, staff, voice, duration == 0))
    keys = [(part, 0, draw(st.integers(-7, 7)), "") for part in range(num_parts)]
    return table_of(
        notes,
        divs=24,
        meters=draw(st.sampled_from(METERS)),
        keys=keys,
        pickup=draw(st.sampled_from([0, 12, 24])),
        parts=[f"Part {i}" for i in range(num_parts)],
    )


def draw(path):
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    assert toolkit.loadFile(str(path))
    return toolkit.renderToSVG(1)


def values(events, beats=4, beat_type=4, divs=60):
    """Values of events (start, end) as type, dots and ratio."""
    heads = note_values([Event(*e, False) for e in events], Meter(beats, beat_type, divs))
    return [
        f"{h.type}{'.' * h.dots}{f' {h.tuplet.actual}:{h.tuplet.normal}' if h.tuplet else ''}"
        for h in heads
    ]
