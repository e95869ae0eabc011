"""DCML's corpora: declared, read whole, and held against their own columns."""

import csv
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from makers import work_names
from makers.dcml import dcml_exclusions, dcml_pieces
from musebench import pitch
from musebench.annotations import ANNOTATIONS, IGNORE_LABEL, read_harmonies
from musebench.corpora import ABC, ASAP, DCML, CombinedCorpus, fetch
from musebench.store import fingerprint_of, load_notes, notes_recipe

DCML_CORPORA = DCML.members


def test_the_corpora_are_declared():
    counts = {corpus.name: len(corpus.pieces) for corpus in DCML_CORPORA}
    assert len(counts) == 35
    assert sum(counts.values()) == len(DCML.pieces) == 1240
    for corpus in DCML_CORPORA:
        assert set(corpus.paths) <= set(corpus.registry)
        assert corpus.citation.count("@") in {1, 2}
    piece = ABC.pieces[0]
    assert piece.files == tuple(
        f"{table}/n01op18-1_01.{table}.tsv" for table in ("notes", "measures", "harmonies")
    )
    assert DCML.pieces[0].piece_id == "abc/n01op18-1_01"
    assert DCML.citation.count("hentschel2025corpus") == 1
    assert (DCML.folder, DCML.license) == ("DCMLab", "CC-BY-NC-SA-4.0")


def test_a_combined_corpus_speaks_with_one_voice():
    with pytest.raises(ValueError, match="a corpus of both occurs twice"):
        CombinedCorpus("both", "both", (ASAP, ASAP))
    first, *others = DCML_CORPORA
    fewer = CombinedCorpus("fewer", "fewer", tuple(others))
    assert fingerprint_of(notes_recipe(fewer)) != fingerprint_of(notes_recipe(DCML))
    assert notes_recipe(DCML)["members"][0] == fingerprint_of(notes_recipe(first))


def test_every_piece_has_a_work():
    works = {
        work_names.work_of(corpus.name, piece.piece_id)
        for corpus in DCML_CORPORA
        for piece in corpus.pieces
    }
    assert len(works) == 381


def test_an_unknown_annotation_is_refused():
    with pytest.raises(ValueError, match="DCML has no annotation 'fingering'; there are notes, ha"):
        dcml_exclusions(DCML_CORPORA[0], "fingering")


@pytest.fixture(scope="session")
def dcml_home(tmp_path_factory):
    """A data home for the tables of DCML, if MUSEBENCH_MIRROR is a folder that has them."""
    if not Path(os.environ.get("MUSEBENCH_MIRROR", "/nowhere"), "DCMLab").is_dir():
        pytest.skip("MUSEBENCH_MIRROR has no DCML corpora")
    return tmp_path_factory.mktemp("dcml")


def annotated(corpus):
    """The pieces that have a table of harmonies."""
    return [piece for piece in corpus.pieces if len(piece.files) == 3]


SMALL = [corpus for corpus in DCML_CORPORA if len(corpus.pieces) < 20]
# corpus -> notes, onsets, notes left out as doublings, continuations of nothing; annotations of
# cadences, phrases, harmonies and, of each, those on no onset.
COUNTS = {
    "bach_en_fr_suites": (56399, 34945, 0, 1, 584, 0, 703, 0, 11207, 6),
    "bartok_bagatelles": (9470, 4593, 0, 1, 35, 0, 60, 2, 1175, 3),
    "beethoven_piano_sonatas": (233774, 127648, 0, 5, 1370, 0, 1387, 1, 21680, 4),
    "chopin_mazurkas": (56552, 22648, 0, 0, 344, 0, 606, 1, 8993, 34),
    "couperin_clavecin": (3423, 2414, 0, 1, 57, 0, 67, 0, 707, 0),
    "cpe_bach_keyboard": (63827, 43872, 0, 0, 796, 0, 968, 1, 10902, 15),
    "debussy_suite_bergamasque": (7772, 4001, 0, 0, 29, 0, 25, 0, 1013, 2),
    "dvorak_silhouettes": (10138, 4174, 0, 33, 139, 0, 169, 0, 1526, 6),
    "frescobaldi_fiori_musicali": (18503, 10915, 0, 0, 0, 0, 302, 0, 5086, 0),
    "grieg_lyric_pieces": (62431, 28781, 0, 0, 433, 6, 559, 8, 8151, 41),
    "handel_keyboard": (1701, 1066, 0, 0, 28, 0, 28, 0, 350, 0),
    "jc_bach_sonatas": (37688, 25058, 0, 0, 406, 0, 445, 0, 4978, 0),
    "liszt_pelerinage": (58558, 26559, 0, 5, 272, 1, 277, 1, 5037, 26),
    "medtner_tales": (41144, 18739, 0, 0, 233, 0, 287, 1, 6448, 28),
    "mozart_piano_sonatas": (103553, 63984, 0, 0, 1115, 0, 1072, 1, 15030, 4),
    "poulenc_mouvements_perpetuels": (1527, 702, 0, 0, 6, 0, 21, 0, 269, 0),
    "rachmaninoff_piano": (9880, 3825, 0, 0, 49, 0, 80, 0, 1116, 6),
    "ravel_piano": (17226, 10437, 0, 4, 0, 0, 39, 1, 861, 4),
    "scarlatti_sonatas": (64287, 40176, 0, 0, 809, 0, 999, 0, 12286, 4),
    "schumann_kinderszenen": (5015, 2126, 0, 3, 79, 0, 87, 0, 919, 1),
    "sweelinck_keyboard": (2640, 1595, 0, 1, 0, 0, 1, 0, 501, 0),
    "tchaikovsky_seasons": (18170, 8296, 0, 1, 185, 0, 298, 1, 2992, 9),
    "wagner_overtures": (7059, 3311, 0, 3, 0, 0, 13, 0, 1433, 5),
    "wf_bach_sonatas": (8552, 5482, 0, 1, 109, 0, 167, 0, 1733, 0),
    "abc": (232800, 98251, 0, 0, 0, 0, 964, 0, 28089, 78),
    "corelli": (54359, 30015, 13785, 1, 1061, 0, 1086, 0, 14043, 98),
    "couperin_concerts": (38444, 23347, 0, 0, 744, 0, 769, 0, 8427, 50),
    "kleine_geistliche_konzerte": (48059, 24491, 0, 26, 0, 0, 1093, 0, 11709, 150),
    "mendelssohn_quartets": (96071, 41979, 0, 0, 0, 0, 451, 2, 14765, 17),
    "bach_solo": (36365, 32158, 0, 0, 192, 0, 400, 0, 7049, 5),
    "c_schumann_lieder": (10248, 3587, 0, 0, 64, 0, 91, 0, 1314, 1),
    "mahler_kindertotenlieder": (5582, 2663, 0, 0, 30, 0, 30, 0, 590, 0),
    "pergolesi_stabat_mater": (14980, 5341, 0, 0, 0, 0, 96, 0, 1175, 1),
    "schubert_winterreise": (26331, 9937, 0, 0, 0, 0, 207, 0, 3100, 2),
    "schumann_liederkreis": (9522, 3590, 0, 0, 0, 0, 86, 0, 892, 10),
}


def rows_of(file):
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


@pytest.mark.corpus
@pytest.mark.parametrize("corpus", DCML_CORPORA, ids=lambda corpus: corpus.name)
def test_real_notes_are_those_of_their_tables(dcml_home, corpus):
    tables = load_notes(corpus, dcml_home, n_jobs=1).tables
    files = fetch(corpus, corpus.paths, dcml_home)
    doublings = orphans = 0
    for piece in corpus.pieces:
        notes, rows = tables[piece.piece_id], rows_of(files[piece.score])
        is_first = [row["tied"] not in {"0", "-1"} for row in rows]
        own = [is_first[int(name.rpartition("n")[2])] for name in notes.note_id.tolist()]
        doublings += sum(is_first) - sum(own)
        orphans += len(notes) - sum(own)
        assert (notes.measures.start_div[1:] == notes.measures.end_div[:-1]).all()
        assert (np.diff(notes.beat_table().start_div) > 0).all()
    for piece in corpus.pieces[::8]:
        assert_equal_notes(tables[piece.piece_id], rows_of(files[piece.score]))
    assert (doublings, orphans) == COUNTS[corpus.name][2:4]


def assert_equal_notes(notes, rows):
    for i, name in enumerate(notes.note_id.tolist()):
        row = rows[int(name.rpartition("n")[2])]
        place = Fraction(int(notes.onset_div[i]), notes.divs_pq)
        assert place == Fraction(row["quarterbeats_all_endings"])
        spelling = pitch.spelling_to_tpc(str(notes.step[i]), int(notes.alter[i]))
        assert spelling == int(row["tpc"])
        assert (int(notes.pitch[i]), int(notes.octave[i])) == (int(row["midi"]), int(row["octave"]))
        if not row["tied"]:
            lasting = Fraction(int(notes.duration_div[i]), notes.divs_pq)
            assert lasting == 4 * Fraction(row["duration"])


@pytest.mark.corpus
@pytest.mark.parametrize("corpus", DCML_CORPORA, ids=lambda corpus: corpus.name)
def test_real_labels_are_as_many_as_reported(dcml_home, corpus):
    store = load_notes(corpus, dcml_home, n_jobs=1)
    assert set(store.labels) == {piece.piece_id for piece in annotated(corpus)}
    num_notes = sum(len(notes) for notes in store.tables.values())
    num_onsets = sum(int(notes.onset_index[-1]) + 1 for notes in store.tables.values())
    found = [num_notes, num_onsets, *COUNTS[corpus.name][2:4]]
    for kind in ANNOTATIONS:
        counts = [labels[kind].counts for labels in store.labels.values()]
        found += [sum(one[name] for one in counts) for name in ("annotated", "unaligned")]
    assert tuple(found) == COUNTS[corpus.name]
    cadences = [labels["cadence"] for labels in store.labels.values()]
    lost = sum(one.counts["unaligned"] + one.counts["overruled"] for one in cadences)
    assert sum((one.labels["cadence"] > 0).sum() for one in cadences) == found[4] - lost
    excluded = dcml_exclusions(corpus, "cadence", dcml_home)
    kept = {
        name for name, one in store.labels.items() if (one["cadence"].labels["cadence"] > 0).any()
    }
    assert kept == {piece.piece_id for piece in corpus.pieces} - set(excluded)


@pytest.mark.corpus
@pytest.mark.parametrize("corpus", DCML_CORPORA, ids=lambda corpus: corpus.name)
def test_real_roots_are_those_of_the_corpus(dcml_home, corpus):
    store = load_notes(corpus, dcml_home, n_jobs=1)
    files = fetch(corpus, corpus.paths, dcml_home)
    for piece in annotated(corpus):
        rows = rows_of(files[piece.files[2]])
        harmonies = read_harmonies(
            files[piece.files[2]], files[piece.files[1]], store.tables[piece.piece_id]
        )
        assert_roots(harmonies, store.labels[piece.piece_id]["harmony"], rows)


def assert_roots(harmonies, numerals, rows):
    """The corpus' own column ``root`` counts fifths from the local tonic."""
    roots = numerals.labels["root"] + pitch.MIN_TPC
    tonics = numerals.labels["local_key"] // 2 + pitch.MIN_TPC
    chords = [i for i, row in enumerate(rows) if row["chord"]]
    last = {int(harmonies.onset_index[i]): rows[i] for i in chords}
    last.pop(-1, None)
    for onset, row in last.items():
        if row["root"] and numerals.labels["root"][onset] != IGNORE_LABEL:
            assert roots[onset] - tonics[onset] == int(row["root"]), row["label"]


@pytest.mark.corpus
def test_real_pieces_make_the_table_of_a_board(dcml_home):
    table = dcml_pieces(SMALL, "cadence", dcml_home)
    assert len(table) == sum(len(corpus.pieces) for corpus in SMALL) == 169
    assert table["piece_id"].is_monotonic_increasing
    assert set(table["composer"]) >= {"Debussy", "Liszt", "Schumann"}
    assert "Kinderszenen, Op.15, 7. Träumerei" in set(table["title"])


@pytest.mark.corpus
def test_a_combined_corpus_loads_its_members(dcml_home):
    few = CombinedCorpus("few", "few", tuple(SMALL[:2]))
    store = load_notes(few, dcml_home, n_jobs=1)
    assert sorted(store.tables) == sorted(store.labels) == [piece.piece_id for piece in few.pieces]
    assert not list((dcml_home / "notes").glob("few*"))
