"""The licences of the corpora, and what they mean for those who use musebench."""

from dataclasses import dataclass


@dataclass(frozen=True)
class License:
    """A licence in words.

    Attributes:
        name: Its full name.
        url: Address of its text.
        meaning: What it requires of users; not legal advice.
        weights: Terms for the weights of models trained on these scores.
        weights_license: Licence under which musebench gives weights trained on such scores alone,
            an SPDX identifier; empty: it gives none.
    """

    name: str
    url: str
    meaning: str
    weights: str
    weights_license: str = ""


LICENSES = {
    "CC0-1.0": License(
        name="Creative Commons Zero 1.0 Universal",
        url="https://creativecommons.org/publicdomain/zero/1.0/",
        meaning=(
            "The authors have waived their rights: you may use, change and share the scores for "
            "any purpose. Please cite them anyway."
        ),
        weights=(
            "The licence of the scores has no conditions, so the weights have the licence of the "
            "code of musebench, MIT, for any purpose."
        ),
        weights_license="MIT",
    ),
    "CC-BY-NC-SA-4.0": License(
        name="Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
        url="https://creativecommons.org/licenses/by-nc-sa/4.0/",
        meaning=(
            "The scores are not part of musebench: your computer downloads them from their "
            "authors. You may use, change and share them if you name the authors, say what you "
            "changed, take no commercial advantage, and share changed versions under the same "
            "licence. Treat graphs, labels and predictions made from them in the same way."
        ),
        weights=(
            "It is not settled whether the licence of scores applies to the weights of a model. "
            "These weights have the same terms, CC-BY-NC-SA-4.0: use them non-commercially, name "
            "the authors of the scores, and share models fine-tuned from them under the same "
            "terms. musebench claims no rights in predictions for your own scores."
        ),
        weights_license="CC-BY-NC-SA-4.0",
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
            "Some of the encodings exclude commercial use. The weights have the terms of "
            "CC-BY-NC-SA-4.0: use them for research and teaching, not for commercial use, and "
            "share models fine-tuned from them under the same terms. musebench claims no rights "
            "in predictions for your own scores."
        ),
        weights_license="CC-BY-NC-SA-4.0",
    ),
}


def terms_of(license: str) -> License:
    """The terms of a licence; for one that is not in ``LICENSES``, a link to its text.

    Args:
        license: SPDX identifier.
    """
    unknown = License(
        name=license,
        url=f"https://spdx.org/licenses/{license}.html",
        meaning="Read the text of the licence before you use, change or share the scores.",
        weights="Read the text of the licence of the scores before you use the weights.",
    )
    return LICENSES.get(license, unknown)
