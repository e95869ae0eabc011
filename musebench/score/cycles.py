"""Reading without the garbage collector's search for reference cycles.

Partitura and lxml make hundreds of thousands of objects that hold each other, all of them needed
until a score is read. Python's search for those that are not goes through them again and again: it
took a quarter of the time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_search() -> Iterator[None]:
    """Put off the search for reference cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
