"""FORMATS: readers for the files of a piece, by the name in its corpus.

Conventions:
    A reader takes the paths of a piece's files, in the order of ``Corpus.files``, and the corpus'
    ``layout`` by name. It returns the note table and the labels that the files contain in addition
    to the notes, by kind of annotation.
"""

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from musebench.annotations.augmentednet import read_augmentednet_labels
from musebench.annotations.fermatas import read_fermata_labels
from musebench.annotations.labels import OnsetLabels
from musebench.annotations.melody import keyboard_notes
from musebench.annotations.performance import PERFORMANCE_VERSION, performance_labels
from musebench.annotations.reader import ANNOTATIONS_VERSION, read_annotations
from musebench.errors import MissingDependencyError
from musebench.registry import Registry
from musebench.score import (
    AUGMENTEDNET_PARSER_VERSION,
    DCML_PARSER_VERSION,
    FERMATAS_VERSION,
    MATCH_PARSER_VERSION,
    PARSER_VERSION,
    NoteTable,
    read_augmentednet,
    read_dcml,
    read_performances,
    read_score,
)
from musebench.shown import Shown

Reading: TypeAlias = tuple[NoteTable, Mapping[str, OnsetLabels]]
Read: TypeAlias = Callable[..., Reading]
Reader = TypeVar("Reader", bound=Read)


@dataclass(frozen=True, repr=False)
class Format(Shown):
    """How the files of a piece are read.

    Attributes:
        read: Paths of the files, and the layout of the corpus -> note table and labels.
        versions: Name -> version of the reader, raised when the notes or labels of the same files
            change.
        packages: Distributions that help to read them, whose versions count as well.
    """

    read: Read
    versions: Mapping[str, str]
    packages: tuple[str, ...] = ()

    @property
    def recipe(self) -> dict[str, str]:
        """Versions of everything that the result depends on.

        Raises:
            MissingDependencyError: If a package is not installed.
        """
        try:
            installed = {name: importlib.metadata.version(name) for name in self.packages}
        except importlib.metadata.PackageNotFoundError as error:
            msg = f"the package {error.name} is not installed: pip install {error.name}."
            raise MissingDependencyError(msg, name=error.name) from error
        return {**self.versions, **installed}


FORMATS: Registry[Format] = Registry("format", "musebench.annotations")


def register_format(
    name: str, *, packages: tuple[str, ...] = (), **versions: str
) -> Callable[[Reader], Reader]:
    """Decorate a function to register it as the reader of a format.

    Args:
        name: Name of the format, for corpora.
        packages: See ``Format``.
        versions: See ``Format``.

    Raises:
        InputError: If the name is taken.
    """

    def register(read: Reader) -> Reader:
        FORMATS.add(name, Format(read, versions, packages))
        return read

    return register


@register_format("score", packages=("partitura",), parser=PARSER_VERSION)
def read_plain_score(paths: Sequence[Path]) -> Reading:
    """Read MusicXML, MEI, kern, ABC or MIDI, which contain all labels themselves.

    Args:
        paths: The file.
    """
    return read_score(paths[0]), {}


@register_format("keyboard-of-song", packages=("partitura",), parser=PARSER_VERSION)
def read_keyboard_of_song(paths: Sequence[Path]) -> Reading:
    """Read the piano of a song in MusicXML, without what is sung.

    Args:
        paths: The file.
    """
    return keyboard_notes(read_score(paths[0])), {}


@register_format(
    "score-with-fermatas",
    packages=("partitura",),
    parser=PARSER_VERSION,
    fermatas=FERMATAS_VERSION,
)
def read_score_with_fermatas(paths: Sequence[Path]) -> Reading:
    """Read MusicXML in which fermatas mark the ends of phrases.

    Args:
        paths: The file.
    """
    notes = read_score(paths[0])
    return notes, read_fermata_labels(paths[0], notes)


@register_format(
    "match",
    packages=("partitura",),
    parser=MATCH_PARSER_VERSION,
    performance=PERFORMANCE_VERSION,
)
def read_match(paths: Sequence[Path]) -> Reading:
    """Read the match files of a score, one per performance."""
    notes, played = read_performances(paths)
    return notes, performance_labels(played, notes.onset_index)


@register_format("dcml", dcml_parser=DCML_PARSER_VERSION, annotations=ANNOTATIONS_VERSION)
def read_dcml_tables(
    paths: Sequence[Path], *, staff_is_part: bool = False, doubling_staff: int = 0
) -> Reading:
    """Read DCML's tables of notes, of measures and, if there is one, of harmonies."""
    notes_file, measures_file, *harmonies = paths
    notes = read_dcml(
        notes_file, measures_file, staff_is_part=staff_is_part, doubling_staff=doubling_staff
    )
    return notes, read_annotations(harmonies[0], measures_file, notes) if harmonies else {}


@register_format(
    "augmentednet", parser=AUGMENTEDNET_PARSER_VERSION, annotations=ANNOTATIONS_VERSION
)
def read_augmentednet_table(paths: Sequence[Path]) -> Reading:
    """Read a table of dilemmadata, which has the current chord at each note."""
    notes = read_augmentednet(paths[0])
    return notes, {"augmentednet": read_augmentednet_labels(paths[0], notes)}
