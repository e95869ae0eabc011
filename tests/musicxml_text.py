"""MusicXML as text, for the tests of its reader."""

PLAIN = "<divisions>2</divisions><key><fifths>0</fifths></key>"


def note(name, duration=None, before="", after="", *, chord=False, attributes=""):
    """A note: ``C4``, ``F#5``; other elements in front of its pitch and behind its duration."""
    alter = {"#": "<alter>1</alter>", "b": "<alter>-1</alter>", "": ""}[name[1:-1]]
    length = "" if duration is None else f"<duration>{duration}</duration>"
    tone = "<chord/>" if chord else ""
    pitch = f"<pitch><step>{name[0]}</step>{alter}<octave>{name[-1]}</octave></pitch>"
    return f"<note {attributes}>{before}{tone}{pitch}{length}{after}</note>"


def meter(beats, beat_type, of=""):
    return f"<time{of}><beats>{beats}</beats><beat-type>{beat_type}</beat-type></time>"


def attributes(*inside):
    return f"<attributes>{''.join(inside)}</attributes>"


def move(tag, duration):
    return f"<{tag}><duration>{duration}</duration></{tag}>"


def voice(number, staff=1):
    return f"<voice>{number}</voice><staff>{staff}</staff>"


START = attributes(PLAIN, meter(4, 4))


def score(*parts, before=""):
    """A score of parts, each a list of measures: what is in it, or that and its attributes."""
    listed = "".join(f'<score-part id="P{i}"/>' for i in range(len(parts)))
    written = ""
    for i, part in enumerate(parts):
        measures = [one if isinstance(one, tuple) else (one, "") for one in part]
        written += f'<part id="P{i}">' + "".join(
            f'<measure number="{number}" {about}>{inside}</measure>'
            for number, (inside, about) in enumerate(measures, 1)
        )
        written += "</part>"
    return f"<score-partwise>{before}<part-list>{listed}</part-list>{written}</score-partwise>"


def names(notes):
    accidental = {0: "", 1: "#", -1: "b"}
    return [
        f"{step}{accidental[alter]}{octave}"
        for step, alter, octave in zip(
            notes.step.tolist(), notes.alter.tolist(), notes.octave.tolist(), strict=True
        )
    ]


def rows(notes):
    """(onset, duration, name) of each note, in quarter notes, times to three places."""
    times = (notes.onset_quarter.round(3).tolist(), notes.duration_quarter.round(3).tolist())
    return list(zip(*times, names(notes), strict=True))
