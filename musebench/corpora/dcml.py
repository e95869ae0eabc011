"""The corpora of the Digital and Cognitive Musicology Lab: notes and expert harmonic analyses."""

from musebench.corpora.combined import CombinedCorpus
from musebench.corpora.corpus import Corpus
from musebench.corpora.known import register_corpus

DISTANT_LISTENING = """@article{hentschel2025corpus,
  title   = {A Corpus and a Modular Infrastructure for the Empirical Study of (An)notated Music},
  author  = {Hentschel, Johannes and Rammos, Yannis and Neuwirth, Markus and Rohrmeier, Martin},
  journal = {Scientific Data},
  volume  = {12},
  number  = {1},
  pages   = {685},
  year    = {2025},
  doi     = {10.1038/s41597-025-04976-z}
}"""
PIANO_MUSIC = """@article{hentschel2024annotated,
  title   = {An Annotated Corpus of Tonal Piano Music from the Long 19th Century},
  author  = {Hentschel, Johannes and Rammos, Yannis and Neuwirth, Markus and Moss, Fabian C. and
             Rohrmeier, Martin},
  journal = {Empirical Musicology Review},
  volume  = {18},
  number  = {1},
  pages   = {84--95},
  year    = {2024},
  doi     = {10.18061/emr.v18i1.8903}
}"""
MOZART = """@article{hentschel2021annotated,
  title   = {The Annotated {Mozart} Sonatas: Score, Harmony, and Cadence},
  author  = {Hentschel, Johannes and Neuwirth, Markus and Rohrmeier, Martin},
  journal = {Transactions of the International Society for Music Information Retrieval},
  volume  = {4},
  number  = {1},
  pages   = {67--80},
  year    = {2021},
  doi     = {10.5334/tismir.63}
}"""
QUARTETS = """@article{neuwirth2018annotated,
  title   = {The {Annotated Beethoven Corpus} ({ABC}): A Dataset of Harmonic Analyses of All
             {Beethoven} String Quartets},
  author  = {Neuwirth, Markus and Harasim, Daniel and Moss, Fabian C. and Rohrmeier, Martin},
  journal = {Frontiers in Digital Humanities},
  volume  = {5},
  pages   = {1--5},
  year    = {2018},
  doi     = {10.3389/fdigh.2018.00016}
}"""
WORKFLOW = """@inproceedings{hentschel2021semi,
  title     = {A Semi-Automated Workflow Paradigm for the Distributed Creation and Curation of
               Expert Annotations},
  author    = {Hentschel, Johannes and Moss, Fabian C. and Neuwirth, Markus and
               Rohrmeier, Martin A.},
  booktitle = {Proceedings of the 22nd International Society for Music Information Retrieval
               Conference (ISMIR)},
  pages     = {262--269},
  year      = {2021},
  doi       = {10.5281/zenodo.5624417}
}"""

TABLES = ("notes", "measures", "harmonies")
_OLDER: list[Corpus] = []


def _declare(
    repository: str,
    commit: str,
    title: str,
    report: str = DISTANT_LISTENING,
    *,
    staff_is_part: bool = False,
    doubling_staff: int = 0,
    older: bool = False,
) -> Corpus:
    """Declare a repository: per piece a table of notes, one of measures, mostly one of harmonies.

    Args:
        repository: Its name at ``DCMLab``.
        commit: The pinned commit.
        title: Name in prose.
        report: BibTeX entry of its description, in addition to ``DISTANT_LISTENING``.
        staff_is_part: Whether each staff is a part (ensembles) or all are one part (keyboard).
        doubling_staff: The staff that doubles the one above it, see ``read_dcml``; 0 for none.
        older: Whether it has no cadences, and an older sign for phrases.
    """
    corpus = Corpus(
        name=repository.lower(),
        title=title,
        repository=f"DCMLab/{repository}",
        commit=commit,
        license="CC-BY-NC-SA-4.0",
        citation="\n".join(dict.fromkeys((report, DISTANT_LISTENING))),
        files=tuple(f"{table}/{{piece_id}}.{table}.tsv" for table in TABLES),
        format="dcml",
        layout={"staff_is_part": staff_is_part, "doubling_staff": doubling_staff},
    )
    if older:
        _OLDER.append(corpus)
    return corpus


_KEYBOARD = (
    _declare(
        "bach_en_fr_suites",
        "9cd6d362ed8246ed8edfc425944862ed88ddf1a5",
        "Bach's English and French suites",
    ),
    _declare(
        "bartok_bagatelles", "c6221f6ecb4dbcd476e827f6bf8705bdcb15c8a9", "Bartók's Bagatelles"
    ),
    _declare(
        "beethoven_piano_sonatas",
        "ea7181bff88abc8713257234f7ec4033178c57a9",
        "Beethoven's piano sonatas",
        PIANO_MUSIC,
    ),
    _declare(
        "chopin_mazurkas",
        "5931135e614985023b96de2a291c74b7ef90b287",
        "Chopin's mazurkas",
        PIANO_MUSIC,
    ),
    _declare(
        "couperin_clavecin",
        "3bd00fc56d3473b26f1bea5fe50d1a1f2458c462",
        "Couperin's L'art de toucher le clavecin",
    ),
    _declare(
        "cpe_bach_keyboard",
        "4b3511eab12b5fbfc7aa5c75819ee02225430da8",
        "C. P. E. Bach's keyboard music",
    ),
    _declare(
        "debussy_suite_bergamasque",
        "322ece590e536924308a551a69d9c1520248d3d5",
        "Debussy's Suite bergamasque",
        PIANO_MUSIC,
    ),
    _declare(
        "dvorak_silhouettes",
        "f228006fcd8696c809cfc8e701ed215cec3d07f1",
        "Dvořák's Silhouettes",
        PIANO_MUSIC,
    ),
    _declare(
        "frescobaldi_fiori_musicali",
        "70dc211cc69284d4d1ee2bfa9363cc8a21c10277",
        "Frescobaldi's Fiori musicali",
    ),
    _declare(
        "grieg_lyric_pieces",
        "91a304563521f3f273b8c0aadec1ce2ede2d1384",
        "Grieg's Lyric Pieces",
        PIANO_MUSIC,
    ),
    _declare("handel_keyboard", "d3b42765e0d2457b6abb1bdb3e8dd622db61b084", "variations by Handel"),
    _declare(
        "jc_bach_sonatas", "ac9fd07905eb62c3d8cfbd96811491170a216232", "J. C. Bach's piano sonatas"
    ),
    _declare(
        "liszt_pelerinage",
        "f1cfd308adba5763aad3a18885eac48d42449fc4",
        "Liszt's Années de pèlerinage",
        PIANO_MUSIC,
    ),
    _declare(
        "medtner_tales", "1d2e58ba8d329463829e45e75900af43be4256bf", "Medtner's Tales", PIANO_MUSIC
    ),
    _declare(
        "mozart_piano_sonatas",
        "5337257a5318711e6302cfe85c3f1a6ade3c6271",
        "Mozart's piano sonatas",
        MOZART,
    ),
    _declare(
        "poulenc_mouvements_perpetuels",
        "7793981bf4bc9dbcc1d14de4c17abb4cb412ce4b",
        "Poulenc's Mouvements perpétuels",
    ),
    _declare(
        "rachmaninoff_piano",
        "a73f3246a764215863000357c81309b210a43f15",
        "Rachmaninoff's Corelli Variations",
    ),
    _declare(
        "ravel_piano",
        "5a97ccee5383a87dc38688733a59dba499ef44d9",
        "piano music by Ravel",
        older=True,
    ),
    _declare(
        "scarlatti_sonatas",
        "7750a6086db69c48e5e65f71565d24bd0f68513a",
        "Scarlatti's keyboard sonatas",
    ),
    _declare(
        "schumann_kinderszenen",
        "ee929c1556bc937fe1ea7303cac4476e37caa4d1",
        "Schumann's Kinderszenen",
        PIANO_MUSIC,
    ),
    _declare(
        "sweelinck_keyboard",
        "0c2a4f5b613e44b6ab06e876d1f0d9afb9f1d445",
        "Sweelinck's Fantasia cromatica",
    ),
    _declare(
        "tchaikovsky_seasons",
        "5af15033c5f9c282f38fcf71234b86349e61e8c3",
        "Tchaikovsky's Seasons",
        PIANO_MUSIC,
    ),
    _declare(
        "wagner_overtures",
        "fe316b6ce8ba1e5f5ee01a01b323f3d13a876382",
        "preludes by Wagner, for piano",
        older=True,
    ),
    _declare(
        "wf_bach_sonatas",
        "379e50dd389dbdbcf77f5eb88ecac7841c7ed0e4",
        "W. F. Bach's keyboard sonatas",
    ),
)
_ENSEMBLES = (  # each staff is a part
    _declare(
        "ABC",
        "b6b7d38500bacb30c81db7e09d8790df1a2edd46",
        "the Annotated Beethoven Corpus of string quartets",
        QUARTETS,
        staff_is_part=True,
        older=True,
    ),
    _declare(
        "corelli",
        "57d37305a31d3ff7e4be298edb1f6d0eb010447d",
        "Corelli's trio sonatas",
        WORKFLOW,
        staff_is_part=True,
        doubling_staff=4,  # the organ, mostly in unison with the violone
    ),
    _declare(
        "couperin_concerts",
        "49efcdd24c39d48bf009d60f8aa3bbc1a1d9713a",
        "Couperin's Concerts",
        staff_is_part=True,
    ),
    _declare(
        "kleine_geistliche_konzerte",
        "b3cc43d4ffc9a141b85400ab460aaeb95c29ea4a",
        "Schütz's Kleine geistliche Konzerte",
        staff_is_part=True,
        older=True,
    ),
    _declare(
        "mendelssohn_quartets",
        "d69102ddfd9a4e8785ee1a23ec0504a8dcb540f7",
        "Mendelssohn's string quartets",
        staff_is_part=True,
        older=True,
    ),
)
_OTHERS = (  # one line, or voices with piano
    _declare(
        "bach_solo",
        "dce67f753ced46b43dbfb16779fe3a19233893da",
        "Bach's solo works for violin, cello and flute",
    ),
    _declare(
        "c_schumann_lieder", "9ed9255559c670a79a76bc1b21a911b16efe492d", "songs by Clara Schumann"
    ),
    _declare(
        "mahler_kindertotenlieder",
        "9122b6d313b94185ad6a42710ad09b7c59d31af5",
        "Mahler's Kindertotenlieder",
    ),
    _declare(
        "pergolesi_stabat_mater",
        "b24d5432884d641ba98cf49b107c47d199d38100",
        "Pergolesi's Stabat Mater",
    ),
    _declare(
        "schubert_winterreise",
        "da2e281eec9bbcf8ae1e981f63f913a1a99b5edb",
        "Schubert's Winterreise",
        older=True,
    ),
    _declare(
        "schumann_liederkreis",
        "226b788546e0b5c4907b996cb35f94bb4a38e980",
        "Schumann's Liederkreis, op. 39",
        older=True,
    ),
)
DCML = CombinedCorpus("dcml", "the corpora of DCML", (*_KEYBOARD, *_ENSEMBLES, *_OTHERS))
DCML_WITH_CADENCES = CombinedCorpus(
    "dcml_with_cadences",
    "the corpora of DCML with cadences and phrases",
    tuple(corpus for corpus in DCML.members if corpus not in _OLDER),
)
DCML_KEYBOARD = CombinedCorpus("dcml_keyboard", "the keyboard corpora of DCML", _KEYBOARD)
DCML_ENSEMBLES = CombinedCorpus(
    "dcml_ensembles", "the corpora of DCML in which each staff is a part", _ENSEMBLES
)

register_corpus(*DCML.members, DCML, DCML_WITH_CADENCES, DCML_KEYBOARD, DCML_ENSEMBLES)
