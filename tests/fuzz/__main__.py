"""Fuzz a reader of scores, from the folder ``tests``.

::

    python -m fuzz mei                       # 10,000 damaged scores, seed 0
    python -m fuzz match --seed 7 --cases 500
    python -m fuzz mei --first 4711 --keep /tmp   # write the case that was reported

Every case has to give a table or a ``ScoreError`` that names the file, in bounded time and memory;
whatever else comes is printed with the number of its case, and the exit status is 1.
"""

import sys

from fuzz.run import main

if __name__ == "__main__":
    sys.exit(main())
