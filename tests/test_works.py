"""The work of a piece of every corpus, and how works are assigned."""

import hashlib
import os
from collections import Counter
from pathlib import Path

import pytest

from made_works import BOARDS, FOLDER, check_shares, corpus_and_name, read_csv
from makers import assign as assigning
from makers import work_names as names
from makers import works as counting
from musebench.splits import read_pieces

WORKS = """
abc                        n01op18-1_01                  beethoven/op18-no1
abc                        n16op135_04                   beethoven/op135
asap                       Chopin/Etudes_op_10/12        chopin/op10-no12
asap                       Schumann/Kreisleriana/2       schumann/op16
augmentednet               abc-op127-1                   beethoven/op127
augmentednet               wir-openscore-liedercorpus-schubert-winterreise-d-911-20-x schubert/d911
augmentednet               wir-monteverdi-madrigals-book-3-9 monteverdi/madrigals-3-no8
bach_370_chorales          chor001                       bach/chorale-aus-meines-herzens-grunde
bach_en_fr_suites          BWV806_01_Prelude             bach/bwv806
bach_solo                  BWV1001_02_Fuga               bach/bwv1001
bartok_bagatelles          op06n14                       bartok/op6
beethoven_piano_sonatas    01-2                          beethoven/piano-sonata-1
couperin_clavecin          00_allemande                  couperin/art-de-toucher-le-clavecin
couperin_concerts          c11n05_seconde_courante       couperin/concert-11
couperin_concerts          parnasse_07                   couperin/parnasse
cpe_bach_keyboard          wq50n06                       bach-emanuel/wq50-no6
cpe_bach_keyboard          wq112n02                      bach-emanuel/wq112-no2
frescobaldi_fiori_musicali 12.17_Canzon_post_il_Comune   frescobaldi/messa-della-domenica
frescobaldi_fiori_musicali 12.33_Canzon_quarti_toni      frescobaldi/messa-degli-apostoli
frescobaldi_fiori_musicali 12.34_Toccata_avanti_la_Messa frescobaldi/messa-della-madonna
handel_keyboard            hwv430d_Grobschmied_Var5      handel/hwv430
jc_bach_sonatas            wa12op17no6c_Prestissimo      bach-christian/op17-no6
kleine_geistliche_konzerte op08n01swv282_Eile_mich       schutz/swv282
kleine_geistliche_konzerte op09n29swv334_Ave_Maria       schutz/swv333
mahler_kindertotenlieder   kindertotenlieder_04_oft      mahler/kindertotenlieder
mendelssohn_quartets       03op44,1a                     mendelssohn/op44-no1
mendelssohn_quartets       06op80d                       mendelssohn/op80
poulenc_mouvements_perpetuels 03_alerte                  poulenc/mouvements-perpetuels
rachmaninoff_piano         op42_13a                      rachmaninoff/op42
ravel_piano                Ravel_-_Jeux_dEau             ravel/jeux-deau
ravel_piano                Ravel_-_Miroirs_I._Noctuelles ravel/miroirs
schubert_winterreise       n24                           schubert/d911
schumann_liederkreis       op39n12                       schumann/op39
sweelinck_keyboard         SwWV258_fantasia_cromatica    sweelinck/swwv258
wagner_overtures           WWV090_Tristan_01_Vorspiel    wagner/wwv90
wf_bach_sonatas            F003_n04c                     bach-friedemann/f3
chopin_mazurkas            BI105-1op30-1                 chopin/op30
corelli                    op01n01a                      corelli/op1-no1
debussy_suite_bergamasque  l075-03_suite_clair           debussy/suite-bergamasque
dvorak_silhouettes         op08n01                       dvorak/op8
grieg_lyric_pieces         op12n03                       grieg/op12
liszt_pelerinage           160.03_Pastorale              liszt/s160
medtner_tales              op08n01                       medtner/op8
mozart_piano_sonatas       K279-1                        mozart/k279
music21_chorales           bwv846                        bach/bwv846
scarlatti_sonatas          K001                          scarlatti/k1
schumann_kinderszenen      n01                           schumann/op15
tchaikovsky_seasons        op37a12                       tchaikovsky/op37a
"""


def make_pieces(num_works, *, corpus="corpus", composer="bach", num_notes=100):
    return [
        assigning.Piece(corpus, f"{composer}{i}", f"{composer}/work-{i}", num_notes)
        for i in range(num_works)
    ]


def works_of(*pieces):
    return {names.work_of(*piece) for piece in pieces}


# The work of a piece


def test_work_of_a_piece_of_every_corpus():
    rows = [line.split() for line in WORKS.strip().splitlines()]
    others = {
        "lieder",
        "lieder_piano",
        "string_quartets",
        "c_schumann_lieder",
        "pergolesi_stabat_mater",
    }
    assert {corpus for corpus, _, _ in rows} == set(names.CORPORA) - others
    for corpus, piece_id, work_id in rows:
        assert names.work_of(corpus, piece_id) == work_id
    for corpus, piece_id, work_id in (
        ("c_schumann_lieder", "op13no3 Liebeszauber", "schumann-clara/op13"),
        ("pergolesi_stabat_mater", "01. Stabat Mater dolorosa", "pergolesi/stabat-mater"),
    ):
        assert names.work_of(corpus, piece_id) == work_id
    song = "scores/Schubert,_Franz/Winterreise,_D.911/01_Gute_Nacht/lc4985142.mxl"
    assert names.work_of("lieder", "lc4985142", song) == "schubert/d911"


@pytest.mark.parametrize(
    ("folder", "work_id"),
    [
        ("Beethoven,_Ludwig_van/String_Quartet_No.1,_Op.18_No.1", "beethoven/op18-no1"),
        ("Beethoven,_Ludwig_van/String_Quartet_No.12,_Op.127", "beethoven/op127"),
        ("Haydn,_Joseph/String_Quartet_in_G_major,_Hob.III66,_Op.64,_No.4", "haydn/op64-no4"),
        ("Mozart,_Wolfgang_Amadeus/Quartet_No.15,_K.421417b_(Op._10,_No._2)", "mozart/k421"),
        ("Schubert,_Franz/String_Quartet_in_D_minor,_D.810,_Op.14_(“x”)", "schubert/d810"),
        ("Hensel,_Fanny_(Mendelssohn)/String_Quartet_in_E-flat_major,_Op._277", "hensel/op277"),
        ("Wolf,_Hugo/Italian_Serenade", "wolf/italian-serenade"),
    ],
)
def test_a_quartet_is_named_by_its_catalogue(folder, work_id):
    assert names.work_of("string_quartets", "sq1", f"scores/{folder}/sq1.mxl") == work_id


def test_a_work_has_one_name_in_all_corpora():
    sonata = [
        ("asap", "Beethoven/Piano_Sonatas/21-1"),
        ("beethoven_piano_sonatas", "21-3"),
        ("augmentednet", "bps-21-21"),
    ]
    assert works_of(*sonata) == {"beethoven/piano-sonata-21"}
    quartet = [("abc", "n01op18-1_01"), ("augmentednet", "abc-op18-no1-4")]
    assert works_of(*quartet) == {"beethoven/op18-no1"}


def test_a_prelude_and_its_fugue_are_one_work():
    pieces = [
        ("asap", "Bach/Prelude/bwv_846"),
        ("asap", "Bach/Fugue/bwv_846"),
        ("augmentednet", "wirwtc-bach-wtc-i-1"),
        ("music21_chorales", "bwv846"),
    ]
    assert works_of(*pieces) == {"bach/bwv846"}


def test_repeat_variants_are_one_work():
    plain = "Beethoven/Piano_Sonatas/17-1"
    assert works_of(("asap", plain), ("asap", f"{plain}_no_repeat")) == {
        "beethoven/piano-sonata-17"
    }


def test_settings_of_a_chorale_tune_are_one_work():
    pieces = [
        ("music21_chorales", "bwv80.8"),
        ("music21_chorales", "bwv302"),
        ("bach_370_chorales", "chor020"),
        ("augmentednet", "wir-bach-chorales-20"),
    ]
    assert works_of(*pieces) == {"bach/chorale-ein-feste-burg-ist-unser-gott"}


@pytest.mark.parametrize(
    ("corpus", "piece_id", "message"),
    [
        ("asap", "Bach/Toccata", "No rule names the work of piece 'Bach/Toccata' in corpus 'asap'"),
        ("music21_chorales", "bwv9999", "No tune is known for chorale 'bwv9999'"),
        ("lieder", "lc1", "A Lieder path is"),
        ("string_quartets", "sq1", "A quartet's path is"),
        ("jazz", "x", "Unknown corpus 'jazz'"),
    ],
)
def test_an_unknown_piece_is_refused(corpus, piece_id, message):
    with pytest.raises(ValueError, match=message):
        names.work_of(corpus, piece_id)


# The assignment


def test_greedy_assignment_meets_the_shares():
    splits = assigning.split_greedily(make_pieces(10))
    assert Counter(splits.values()) == {"train": 7, "valid": 1, "test": 2}


def test_greedy_assignment_does_not_depend_on_the_order():
    pieces = [
        assigning.Piece("corpus", str(i), f"bach/work-{i}", 100 + 7 * i % 50) for i in range(30)
    ]
    assert assigning.split_greedily(pieces) == assigning.split_greedily(pieces[::-1])


def test_greedy_assignment_meets_the_shares_of_each_composer_and_corpus():
    pieces = make_pieces(20) + make_pieces(20, composer="haydn", num_notes=900)
    pieces += make_pieces(10, corpus="other")  # the first ten of Bach once more
    splits = assigning.split_greedily(pieces)
    for corpus, composer in (("corpus", "bach"), ("corpus", "haydn"), ("other", "bach")):
        num_notes = Counter()
        for piece in pieces:
            if piece.corpus == corpus and names.composer_of(piece.work_id) == composer:
                num_notes[splits[piece.work_id]] += piece.num_notes
        check_shares(num_notes)


def test_composers_of_few_works_are_spread_together():
    pieces = [piece for i in range(10) for piece in make_pieces(1, composer=f"composer-{i}")]
    splits = assigning.split_greedily(pieces)
    assert Counter(splits.values()) == {"train": 7, "valid": 1, "test": 2}


def split_by_hash(work_id):
    return assigning.split_of_fold(work_id, assigning.fold_by_hash(work_id))


def test_a_later_work_goes_by_its_hash():
    works = [f"bach/work-{i}" for i in range(1000)]
    by_digit = ("train",) * 7 + ("valid",) + ("test",) * 2  # that of version 1, too
    for work_id in works[:20]:
        digit = int(hashlib.sha256(work_id.encode()).hexdigest(), 16) % 10
        assert split_by_hash(work_id) == by_digit[digit]
        assert assigning.fold_by_hash(work_id) == 4 - digit // 2
    check_shares(Counter(map(split_by_hash, works)))
    assert min(Counter(map(assigning.fold_by_hash, works)).values()) > 150


def test_folds_are_even_per_composer_and_over_all():
    pieces = make_pieces(20) + make_pieces(5, composer="haydn", num_notes=900)
    pieces += [piece for i in range(10) for piece in make_pieces(1, composer=f"composer-{i}")]
    folds = assigning.fold_greedily(pieces, range(5), {})
    counts = {"bach": 4, "haydn": 1, "composer": 2}
    for composer, least in counts.items():
        found = Counter(fold for work, fold in folds.items() if work.startswith(composer))
        assert set(found) == set(range(5))
        assert min(found.values()) == least


def test_a_fold_that_is_given_stays_and_counts():
    pieces = make_pieces(10)
    known = {"bach/work-7": 3, "bach/work-8": 3, "haydn/elsewhere": 1}
    folds = assigning.fold_greedily(pieces, range(5), known)
    assert known.items() <= folds.items()
    assert Counter(folds[piece.work_id] for piece in pieces) == dict.fromkeys(range(5), 2)


def test_an_assigned_work_never_moves(tmp_path):
    out = tmp_path / "works.csv"
    pieces = make_pieces(40)
    counting.update_works(out, pieces)
    first = out.read_bytes()
    counting.update_works(out, pieces)
    assert out.read_bytes() == first

    header, *rows = first.decode().splitlines(keepends=True)
    kept, removed = rows[:15] + rows[25:], rows[15:25]
    out.write_text(header + "".join(kept), encoding="utf-8", newline="")
    counting.update_works(out, pieces)
    _, *after = out.read_text("utf-8").splitlines(keepends=True)
    assert after[:30] == kept
    back = [row.strip().split(",") for row in after[30:]]
    assert [row[0] for row in back] == [row.split(",")[0] for row in removed]
    for work_id, composer, split, fold, num_notes in back:
        assert split == split_by_hash(work_id)
        assert (composer, fold, num_notes) == ("bach", str(assigning.fold_by_hash(work_id)), "100")


@pytest.mark.corpus
def test_the_works_come_from_the_mirror(tmp_path):
    mirror = Path(os.environ.get("MUSEBENCH_MIRROR", "/nowhere"))
    try:
        pieces = counting.count_pieces(mirror)
    except FileNotFoundError as error:
        pytest.skip(f"MUSEBENCH_MIRROR has not all corpora: {error}")
    out = tmp_path / "works.csv"
    counting.update_works(out, pieces)
    assert out.read_bytes() == (FOLDER / "works.csv").read_bytes()
    splits = {row["work_id"]: row["split"] for row in read_csv("works")}
    for board in BOARDS:
        included = {corpus_and_name(board, name) for name in read_pieces(board)["piece_id"]}
        num_notes = Counter()
        for piece in pieces:
            if (piece.corpus, piece.piece_id) in included:
                num_notes[splits[piece.work_id]] += piece.num_notes
        check_shares(num_notes)
