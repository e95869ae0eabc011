"""What goes wrong while a score is read."""


class Refusal(Exception):  # noqa: N818 (it never leaves this folder)
    """A reason not to read a file, without the file's name; ``read_score`` adds that."""
