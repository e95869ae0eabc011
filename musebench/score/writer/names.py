"""Names of the parts as they are written."""

from musebench.score.table import NoteTable

PLACEHOLDER = "MusicXML Part"  # what some programs call a part that has no name


def one_line(text: str) -> str:
    """A text without line breaks, and without signs that XML cannot hold."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def part_names(notes: NoteTable) -> list[str]:
    """The name of each part in one line; empty if it has none, or only a placeholder."""
    names = (one_line(name) for name in notes.parts.name.tolist())
    return ["" if name == PLACEHOLDER else name for name in names]
