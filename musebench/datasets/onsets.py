"""Cadences, phrases and Roman numerals: labels of onset groups, ``onset_y``."""

from musebench.boards import BOARDS
from musebench.datasets.base import ScoreGraphDataset


class DCMLCadence(ScoreGraphDataset):
    """Cadences in 13 of DCML's corpora, from Corelli to Medtner.

    ``onset_y`` holds the cadence of each onset group (none, PAC, IAC, HC, other);
    ``graph["note"].onset_index`` names the group of each note, a row of ``onset_y``. A
    model sees pitch, duration, metrical position and time signature. Pieces without annotated
    cadences are left out.

    Source:
        Hentschel et al., "A Corpus and a Modular Infrastructure for the Empirical Study of
        (An)notated Music", Scientific Data 12, 2025; CC BY-NC-SA 4.0.
    """

    board = BOARDS["dcml-cadence"]


class DCMLPhrase(ScoreGraphDataset):
    """Phrase ends in the pieces and splits of DCML; inputs as of ``DCMLCadence``.

    ``onset_y`` is 1 at an onset group with which a phrase ends (DCML's ``}`` and ``}{``), else 0.
    """

    board = BOARDS["dcml-phrase"]


class ChoralePhrase(ScoreGraphDataset):
    """Phrase ends of four-part Bach chorales; needs no download.

    ``onset_y`` is 1 at an onset group of which a note has a fermata. Pieces and splits are those of
    ``ChoralePitchSpelling``, less one chorale without fermatas; inputs as of ``DCMLCadence``.

    Source:
        The corpus of music21 10.5.1 (extra ``chorales``); its encodings are not ours to pass on.
    """

    board = BOARDS["chorale-phrase"]


class DCMLRomanNumeral(ScoreGraphDataset):
    """Harmony at each onset group in DCML's 14 corpora, by parts of its Roman numeral.

    ``onset_y`` is the local key; ``onset_y_degree``, ``onset_y_applied_degree``,
    ``onset_y_quality``, ``onset_y_inversion`` and ``onset_y_root`` the other parts; -100 where no
    chord is annotated. A model sees the spelling of the notes, too.

    Source:
        As of ``DCMLCadence``; the quartets: Neuwirth et al., "The Annotated Beethoven Corpus",
        Frontiers in Digital Humanities 5, 2018; CC BY-NC-SA 4.0.
    """

    board = BOARDS["dcml-roman-numeral"]
