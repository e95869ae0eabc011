"""MusicXML -> MEI, by verovio where it is installed."""

import importlib.util
from pathlib import Path
from typing import Any

from musebench.errors import InputError


def check_verovio(path: Path) -> None:
    """Refuse MEI where verovio is not installed.

    Raises:
        InputError: If it is not.
    """
    if importlib.util.find_spec("verovio") is None:
        msg = (
            f"{path}: MEI is written by verovio, which is not installed; pip install "
            f"'musebench[render]', or write {path.with_suffix('.musicxml').name}."
        )
        raise InputError(msg)


def to_mei(musicxml: bytes, path: Path) -> bytes:
    """Turn MusicXML into MEI.

    Args:
        musicxml: A score.
        path: The file to be written, for messages.

    Raises:
        InputError: If verovio is not installed, or does not read the score.
    """
    check_verovio(path)
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit: Any = verovio.toolkit()
    toolkit.setOptions({"xmlIdSeed": 1})
    if not toolkit.loadData(musicxml.decode("utf-8")):
        msg = f"{path}: verovio does not read the score; write MusicXML instead."
        raise InputError(msg)
    return str(toolkit.getMEI()).encode("utf-8")
