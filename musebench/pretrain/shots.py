"""Few-shot subsets: nested draws of works by hash."""

import hashlib
from collections.abc import Mapping, Set

SIZES = (1, 3, 10, 30)  # works
NUM_DRAWS = 10


def order_of_works(classes: Mapping[str, Set[object]], fold: int, draw: int) -> list[str]:
    """Order the training works of a fold; the first n of them are the subset of size n.

    Works come in order of the SHA-256 of fold, draw and work. As long as some work brings a class
    that none before has, the first such work is next: so every class is there as soon as may be.

    Args:
        classes: Work -> classes of the main head that it has.
        fold: The fold.
        draw: Number of the draw.
    """
    left = sorted(
        classes, key=lambda work: hashlib.sha256(f"{fold}/{draw}/{work}".encode()).hexdigest()
    )
    order: list[str] = []
    seen: set[object] = set()
    while left:
        following = next((work for work in left if classes[work] - seen), left[0])
        left.remove(following)
        order.append(following)
        seen |= classes[following]
    return order
