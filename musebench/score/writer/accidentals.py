"""Which notes show an accidental: those whose alteration is not in force at their place."""

from musebench import pitch
from musebench.score.signatures import altered

NAMES = {
    -3: "triple-flat",
    -2: "flat-flat",
    -1: "flat",
    0: "natural",
    1: "sharp",
    2: "double-sharp",
    3: "triple-sharp",
}


class Accidentals:
    """What is in force on a staff in a measure: the key signature, and what was shown since.

    Args:
        fifths: Key signature, sharps positive.
    """

    def __init__(self, fifths: int) -> None:
        self.set_key(fifths)

    def set_key(self, fifths: int) -> None:
        """Start again with a key signature."""
        self.of_key = dict.fromkeys(pitch.STEPS, 0) | altered(fifths)
        self.shown: dict[tuple[str, int], int] = {}

    def show(self, step: str, alter: int, octave: int) -> str | None:
        """Name of the accidental that a note needs, or None; it is in force from then on."""
        in_force = self.shown.get((step, octave), self.of_key[step])
        if in_force == alter:
            return None
        self.shown[step, octave] = alter
        return NAMES.get(alter)
