"""What goes wrong while a score is read."""


class ScoreError(ValueError):
    """A file that cannot be read as a score: names the file and the reason."""


class Refusal(Exception):  # noqa: N818 (it never leaves this folder)
    """A reason not to read a file, without the file's name; ``read_score`` adds that."""
