"""A note table as a line of text, for expectations that can be read."""

from fractions import Fraction


def heard(notes):
    """Onset, duration in quarter notes and name of each note: ``0+1/2 C#4, 1/2+0 D4 grace``."""
    return ", ".join(
        f"{Fraction(int(notes.onset_div[i]), notes.divs_pq)}"
        f"+{Fraction(int(notes.duration_div[i]), notes.divs_pq)} "
        f"{notes.step[i]}{'#' * notes.alter[i]}{'b' * -notes.alter[i]}{notes.octave[i]}"
        f"{' grace' if notes.is_grace[i] else ''}"
        for i in range(len(notes))
    )


def meters(notes):
    """Onset and numbers of each time signature: ``0: 3/4, 6: 2/4``."""
    table = notes.time_signatures
    rows = zip(table.onset_div, table.beats, table.beat_type, strict=True)
    return ", ".join(f"{Fraction(int(t), notes.divs_pq)}: {a}/{b}" for t, a, b in rows)


def keys(notes):
    """Onset and fifths of each key signature of the first part: ``0: 0, 4: -3``."""
    table = notes.key_signatures
    rows = zip(table.part, table.onset_div, table.fifths, strict=True)
    return ", ".join(f"{Fraction(int(t), notes.divs_pq)}: {f}" for p, t, f in rows if not p)


def measures(notes):
    """Start and name of each measure, and the end: ``0 "1", 4 "2", 8``."""
    table = notes.measures
    found = [
        f'{Fraction(int(t), notes.divs_pq)} "{n}"'
        for t, n in zip(table.start_div, table.name, strict=True)
    ]
    return ", ".join([*found, str(Fraction(int(table.end_div[-1]), notes.divs_pq))])
