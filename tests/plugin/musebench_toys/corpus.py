"""A corpus of own toy scores, which lie in this package."""

from importlib.resources import files

from musebench.corpora import PackagedCorpus, register_corpus

TOYS = PackagedCorpus(
    name="toys",
    title="the toy scores",
    package="musebench_toys",
    license="CC0-1.0",
    citation="@misc{toys,\n  title = {Toy Scores}\n}",
    files=("scores/{piece_id}.krn",),
    format="score",
    table=files("musebench_toys") / "toys.tsv",
)

register_corpus(TOYS)
