"""What is written into a score beside its notes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """Words at a place of the score.

    Attributes:
        onset_div: Where, divisions.
        text: The words.
        placement: ``above`` the highest staff or ``below`` the lowest.
        color: As ``#RRGGBB``, or empty.
    """

    onset_div: int
    text: str
    placement: str = "below"
    color: str = ""
