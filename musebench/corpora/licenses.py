"""The licences of the corpora, and what they mean for those who use musebench."""

from dataclasses import dataclass


@dataclass(frozen=True)
class License:
    """A licence in words.

    Attributes:
        name: Its full name.
        url: Where its text is.
        meaning: What it asks of a user; no legal advice.
        weights: Terms under which weights of a model that was trained on such scores are offered.
    """

    name: str
    url: str
    meaning: str
    weights: str


LICENSES = {
    "CC0-1.0": License(
        name="Creative Commons Zero 1.0 Universal",
        url="https://creativecommons.org/publicdomain/zero/1.0/",
        meaning=(
            "The authors have given up their rights: you may use, change and pass on the scores "
            "for any purpose. Cite them all the same."
        ),
        weights=(
            "The scores ask nothing, so the weights are offered like the code of musebench, under "
            "the MIT licence, for any purpose."
        ),
    ),
    "CC-BY-NC-SA-4.0": License(
        name="Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
        url="https://creativecommons.org/licenses/by-nc-sa/4.0/",
        meaning=(
            "The scores are not part of musebench: your computer fetches them from their authors. "
            "You may use and change them and pass them on if you name the authors and say what "
            "you changed, take no commercial advantage, and pass changed versions on under the "
            "same licence. Graphs, labels and predictions made from them are best treated alike."
        ),
        weights=(
            "Whether the licence of scores reaches the weights of a model is not settled. These "
            "are offered under the same terms, CC-BY-NC-SA-4.0: for non-commercial use, with the "
            "authors of the scores named; what you fine-tune from them is passed on likewise. "
            "musebench claims nothing in what the model says of your own scores."
        ),
    ),
    "LicenseRef-music21-corpus": License(
        name="terms of the music21 corpus",
        url="https://github.com/cuthbertLab/music21/blob/master/music21/corpus/license.txt",
        meaning=(
            "The scores are not part of musebench: they come with the package music21, which you "
            "install. The music is in the public domain; the encodings were given to music21 for "
            "distribution, and some exclude commercial use. Use them for research and teaching, "
            "and do not pass them on without looking into the terms of each file."
        ),
        weights=(
            "Some of the encodings exclude commercial use. The weights are offered for research "
            "and teaching, not for commercial use; what you fine-tune from them is passed on under "
            "the same terms. musebench claims nothing in what the model says of your own scores."
        ),
    ),
}


def terms_of(license: str) -> License:
    """The terms of a licence; of one that is not in ``LICENSES``, where its text is.

    Args:
        license: SPDX identifier.
    """
    unknown = License(
        name=license,
        url=f"https://spdx.org/licenses/{license}.html",
        meaning="Read the text of the licence before you use, change or pass on the scores.",
        weights="Read the text of the licence of the scores before you use the weights.",
    )
    return LICENSES.get(license, unknown)
