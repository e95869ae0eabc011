"""What all labels share."""

IGNORE_LABEL = (
    -100
)  # a note without a class, and every hidden label; torch ignores it in its losses
