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
            "The authors have waived their rights: you may use, change and share the scores for "
            "any purpose. Please cite them anyway."
        ),
        weights=(
            "The scores are free of conditions, so the weights are offered like the code of "
            "musebench, under the MIT licence, for any purpose."
        ),
    ),
    "CC-BY-NC-SA-4.0": License(
        name="Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
        url="https://creativecommons.org/licenses/by-nc-sa/4.0/",
        meaning=(
            "The scores are not part of musebench: you download them from their authors. You may "
            "use, change and share them if you name the authors, say what you changed, take no "
            "commercial advantage, and share changed versions under the same licence. It is best "
            "to treat graphs, labels and predictions made from them in the same way."
        ),
        weights=(
            "It is not settled whether the licence of scores extends to the weights of a model. "
            "These weights are offered under the same terms, CC-BY-NC-SA-4.0: for non-commercial "
            "use, naming the authors of the scores; models fine-tuned from them are shared under "
            "the same terms. musebench claims no rights in what the model predicts for your own "
            "scores."
        ),
    ),
    "LicenseRef-music21-corpus": License(
        name="terms of the music21 corpus",
        url="https://github.com/cuthbertLab/music21/blob/master/music21/corpus/license.txt",
        meaning=(
            "The scores are not part of musebench: they come with the package music21, which you "
            "install. The music is in the public domain; the encodings were given to music21 for "
            "distribution, and some exclude commercial use. Use them for research and teaching, "
            "and do not share them without checking the terms of each file."
        ),
        weights=(
            "Some of the encodings exclude commercial use. The weights are offered for research "
            "and teaching, not for commercial use; models fine-tuned from them are shared under "
            "the same terms. musebench claims no rights in what the model predicts for your own "
            "scores."
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
        meaning="Read the licence before you use, change or share the scores.",
        weights="Read the licence of the scores before you use the weights.",
    )
    return LICENSES.get(license, unknown)
