"""Roman numerals of 343 scores from Monteverdi to Mahler, in the vocabulary of AugmentedNet."""

from musebench.boards.board import Board, register_board
from musebench.corpora import CORPORA
from musebench.tasks import TASKS

AUGMENTEDNET_ROMAN_NUMERAL = Board(
    name="augmentednet-roman-numeral",
    dataset="AugmentedNetRomanNumeral",
    corpus=CORPORA["augmentednet"],
    task=TASKS["augmentednet-roman-numeral"],
    annotation="augmentednet",
    version="2.1",
    about="key, degree, quality, inversion and root of the chord at each onset, AugmentedNet",
    labels=(
        "Each onset has seven labels: ``onset_y``, the local key (36 classes), and "
        "``onset_y_<head>`` for tonicized_key, degree1, degree2, quality, inversion and root. A "
        "model sees pitch, duration, metrical position and time signature. The scheme "
        "``augmentednet`` is the published one, which divides some works."
    ),
    source=(
        'Napoles Lopez, Gotham and Fujinaga, "AugmentedNet: A Roman Numeral Analysis Network with '
        'Synthetic Training Examples and Additional Tonal Tasks", ISMIR 2021, as in Hentschel '
        'and Karystinaios, "Dilemmadata", 2026; CC BY-NC-SA 4.0.'
    ),
    pitfalls=(
        "The scheme `augmentednet` is for comparison only: 27 of its 168 works have movements in "
        "two or three splits. TAVERN's pieces count double: once by annotator a, once by b.",
        "The corpora of DCML, ASAP and the chorales have some of the same works (quartets and "
        "sonatas of Beethoven, the Well-Tempered Clavier). `official` puts a work into the same "
        "split in all of them; the published scheme does not.",
        "The analyses come from six collections with different conventions, and many were "
        "converted from other notations. The arrays are those of dilemmadata, made with music21.",
        "Ten scores are excluded since version 2.1: all chords stand 2 to 4 quarters too early.",
        "The arrays contain no parts. In 7 scores the measures of the source are inconsistent; "
        "their barlines follow the time signature instead.",
    ),
    settings={"num_steps": 2000, "validate_every": 500},
)

register_board(AUGMENTEDNET_ROMAN_NUMERAL)
