"""``python -m musebench``."""

from musebench.cli import main

main()
