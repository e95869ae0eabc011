"""AugmentedNet's scores with Roman numerals, as arrays of notes published by dilemmadata."""

from musebench.corpora.corpus import Corpus
from musebench.corpora.known import register_corpus

AUGMENTEDNET = Corpus(
    name="augmentednet",
    title="the scores of AugmentedNet in dilemmadata",
    repository="johentsch/dilemmadata",
    commit="e32ce537763b5995874bb257ba27bab79ca64e14",
    license="CC-BY-NC-SA-4.0",
    files=("pitch_arrays/AN/*/{piece_id}_joint.tsv",),  # in the folder of its split
    format="augmentednet",
    citation="""@inproceedings{napoles2021augmentednet,
  title     = {{AugmentedNet}: A {R}oman Numeral Analysis Network with Synthetic Training Examples
               and Additional Tonal Tasks},
  author    = {N\\'{a}poles L\\'{o}pez, N\\'{e}stor and Gotham, Mark and Fujinaga, Ichiro},
  booktitle = {Proceedings of the 22nd International Society for Music Information Retrieval
               Conference (ISMIR)},
  pages     = {404--411},
  year      = {2021},
  doi       = {10.5281/zenodo.5624533}
}
@misc{dilemmadata2026,
  title        = {Dilemmadata: A Symbolic Dataset for Music Research},
  author       = {Hentschel, Johannes and Karystinaios, Emmanouil},
  year         = {2026},
  howpublished = {\\url{https://github.com/johentsch/dilemmadata}}
}""",
)

register_corpus(AUGMENTEDNET)
