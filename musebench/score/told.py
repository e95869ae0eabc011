"""What a reader mended or left out, collected: one warning per kind, with how often and where."""

import warnings
from collections import Counter
from collections.abc import Mapping

from musebench.errors import ScoreWarning


class Told:
    """Counts what is mended; ``place`` is where the reader is."""

    def __init__(self) -> None:
        self.place = ""
        self._found: dict[str, tuple[int, str]] = {}

    def add(self, what: str, shown: str = "", times: int = 1) -> None:
        """Count some more.

        Args:
            what: What was done, as a sentence.
            shown: What it was done to, as it is written.
            times: How often; 0 counts nothing.
        """
        if times:
            place = " in ".join(filter(None, (shown and repr(shown[:30]), self.place)))
            count, first = self._found.get(what, (0, place))
            self._found[what] = (count + times, first)

    def warn(self) -> None:
        """Warn of all, a warning for each kind."""
        for what, (count, place) in self._found.items():
            times = "once" if count == 1 else f"{count:,} times{', first' if place else ''}"
            text = f"{what} ({': '.join(filter(None, (times, place)))})"
            warnings.warn(ScoreWarning(text, what, count), stacklevel=2)


def warn_of(counted: Mapping[str, int]) -> None:
    """Warn of what was mended or left out, with how often: a warning for each that occurred."""
    for what, count in (+Counter(counted)).items():
        text = what if count == 1 else f"{what} ({count:,} times)"
        warnings.warn(ScoreWarning(text, what, count), stacklevel=2)
