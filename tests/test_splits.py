import csv
import hashlib
import os
import re
from collections import Counter
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from makers import assign as assigning
from makers import chorale_tunes as tunes
from makers import chorale_voices as voices
from makers import work_names as names
from makers import works as counting
from makers.asap import COMPOSERS_OF_ASAP
from makers.augmentednet import COMPOSERS_OF_AUGMENTEDNET
from makers.schemes import composer_scheme, split_composers
from musebench.boards import BOARDS as ALL_BOARDS
from musebench.corpora import AUGMENTEDNET
from musebench.errors import InputError
from musebench.splits import (
    DESCRIBING_COLUMNS,
    SPLITS,
    check_split,
    read_exclusions,
    read_pieces,
    split_of_pieces,
    split_schemes,
)
from musebench.store import load_notes

FOLDER = Path(str(files("musebench.splits")))
BOARDS = {  # its corpus; None: of several, the first part of a piece's id
    "asap-performance": "asap",
    "asap-pitch-spelling": "asap",
    "augmentednet-roman-numeral": "augmentednet",
    "chorale-pitch-spelling": "music21_chorales",
    "chorale-voice-separation": "music21_chorales",
    "dcml-voice-separation": None,
}
# board -> composers of each split of the scheme ``composer``
COMPOSERS = {
    "asap-performance": COMPOSERS_OF_ASAP,
    "asap-pitch-spelling": COMPOSERS_OF_ASAP,
    "asap-staff-separation": COMPOSERS_OF_ASAP,
    "augmentednet-roman-numeral": COMPOSERS_OF_AUGMENTEDNET,
}
PUBLISHED_SCHEMES = ("augmentednet",)  # those of others, for comparison: works may be cut
SHARES = {"train": (0.66, 0.74), "valid": (0.07, 0.13), "test": (0.17, 0.23)}

WORKS_OF_VERSION_1 = "39b811f5b54b76335a997f6f8a08a93ab1adb5f1710bb027f4a44d4a6e55eca9"
# The splits are frozen: a changed hash changes what every published number means.
HASHES = {
    "works": "e373ae04ac3278a7caf2d3897860b4cb21df3d18c616be321e2886b26e497c7b",
    "asap-performance": "17b517ab3e7245836e6fb2bd6e3e743d9a5451ee6a0bdc909855f6771a28d36d",
    "asap-pitch-spelling": "6dc66280d13a9d8bcca85d6bb42995f0326454bd260d1caa3b3f6088ea6b54cc",
    "augmentednet-roman-numeral": (
        "73f807fd93150c6b6c7a4b95891f413d9974c0e1ee80096b675670887f123b7b"
    ),
    "chorale-voice-separation": "18b6e414b061e19d8bbc0267de0717f8bdf176ebc9a6d2567012c1e1b492177a",
    "dcml-voice-separation": "f68b95d0ccbb8bc8d8256516afb186519c472aca40c1284af8db2a9b970fc794",
    "chorale-pitch-spelling": "18b6e414b061e19d8bbc0267de0717f8bdf176ebc9a6d2567012c1e1b492177a",
}
# board -> split -> (pieces, works)
COUNTS = {
    "asap-performance": {"train": (114, 63), "valid": (22, 18), "test": (37, 28)},
    "augmentednet-roman-numeral": {"train": (243, 104), "valid": (38, 26), "test": (72, 40)},
    "asap-pitch-spelling": {"train": (142, 79), "valid": (27, 22), "test": (49, 35)},
    "chorale-pitch-spelling": {"train": (228, 98), "valid": (47, 42), "test": (75, 56)},
    "chorale-voice-separation": {"train": (228, 98), "valid": (47, 42), "test": (75, 56)},
    "dcml-voice-separation": {"train": (248, 87), "valid": (47, 13), "test": (85, 27)},
}
REASONS = {
    "asap-performance": {"repeat variant": 4},
    "augmentednet-roman-numeral": {},
    "asap-pitch-spelling": {"repeat variant": 21, "not vetted": 3},
    "chorale-pitch-spelling": {"parts": 44, "near-duplicate": 12, "monophonic": 2},
    "chorale-voice-separation": {"parts": 44, "near-duplicate": 12, "monophonic": 2},
    "dcml-voice-separation": {"start alone": 10},
}
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


def read_csv(name, folder=FOLDER):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def make_pieces(num_works, *, corpus="corpus", composer="bach", num_notes=100):
    return [
        assigning.Piece(corpus, f"{composer}{i}", f"{composer}/work-{i}", num_notes)
        for i in range(num_works)
    ]


def works_of(*pieces):
    return {names.work_of(*piece) for piece in pieces}


def check_shares(num_notes):
    """``num_notes``: split -> number of notes."""
    total = sum(num_notes.values())
    for split, (low, high) in SHARES.items():
        assert low <= num_notes[split] / total <= high, (split, num_notes)


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


# The files


@pytest.mark.parametrize("name", HASHES)
def test_split_files_are_frozen(name):
    assert hashlib.sha256((FOLDER / f"{name}.csv").read_bytes()).hexdigest() == HASHES[name]


def test_the_works_of_version_1_kept_their_splits():
    rows = (FOLDER / "works.csv").read_text("utf-8").splitlines(keepends=True)[: 1 + 1069]
    first = "".join(re.sub(r"^((?:[^,]*,){3})[^,]*,", r"\1", row) for row in rows)
    assert hashlib.sha256(first.encode()).hexdigest() == WORKS_OF_VERSION_1


def test_works_are_assigned_once_in_the_intended_shares():
    rows = read_csv("works")
    assert len(rows) == len({row["work_id"] for row in rows})
    assert all(row["composer"] == names.composer_of(row["work_id"]) for row in rows)
    num_notes = Counter()
    for row in rows:
        num_notes[row["split"]] += int(row["num_notes"])
    assert set(num_notes) == set(SPLITS)
    check_shares(num_notes)


def corpus_and_name(board, piece_id):
    return (BOARDS[board], piece_id) if BOARDS[board] else tuple(piece_id.split("/"))


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_follows_the_works(board):
    works = {row["work_id"]: row for row in read_csv("works")}
    rows = read_csv(board)
    ids = [row["piece_id"] for row in rows]
    assert all(first < second for first, second in pairwise(ids))
    assert {piece.piece_id for piece in ALL_BOARDS[board].corpus.pieces} <= set(ids)
    for row in rows:
        assert row["work_id"] == names.work_of(*corpus_and_name(board, row["piece_id"]))
        # An excluded piece may be of a work that no corpus of the mirror has.
        for column, name in (("split_official", "split"), ("fold", "fold")):
            assert row[column] == works.get(row["work_id"], {name: ""})[name]
        assert row["split_official"] in SPLITS or row["exclusion"]


@pytest.mark.parametrize("board", BOARDS)
def test_no_work_is_in_two_splits_and_the_counts_are_known(board):
    pieces = read_pieces(board)
    for scheme in set(split_schemes(board)) - set(PUBLISHED_SCHEMES):
        split = split_of_pieces(board, scheme)
        assert set(split) == set(SPLITS)
        assert split.groupby(pieces["work_id"]).nunique().eq(1).all()
    official = split_of_pieces(board)
    groups = pieces.groupby(official)["work_id"]
    assert {split: (len(works), works.nunique()) for split, works in groups} == COUNTS[board]


@pytest.mark.parametrize("board", BOARDS)
def test_every_exclusion_has_a_known_reason(board):
    reasons = read_exclusions(board)["reason"]
    found = {kind: int(reasons.str.contains(rf"\b{kind}\b").sum()) for kind in REASONS[board]}
    found["parts"] = found.get("parts", 0) + int((reasons == "1 part").sum())
    assert {kind: count for kind, count in found.items() if count} == REASONS[board]
    assert sum(found.values()) == len(reasons)
    assert len(reasons) + len(read_pieces(board)) == len(read_csv(board))


@pytest.mark.parametrize("board", BOARDS)
def test_an_excluded_copy_names_a_piece_of_the_board(board):
    included = set(read_pieces(board)["piece_id"])
    for reason in read_exclusions(board)["reason"]:
        match = re.search(" of (.+)", reason)
        assert match is None or match[1] in included


def num_notes_of_works():
    return {row["work_id"]: int(row["num_notes"]) for row in read_csv("works")}


@pytest.mark.parametrize("board", ALL_BOARDS)
def test_the_fold_is_that_of_the_work_on_every_board(board):
    works = {row["work_id"]: row for row in read_csv("works")}
    notes, found = num_notes_of_works(), {}
    for row in read_csv(board):
        if row["exclusion"] == "":
            assert row["fold"] == works[row["work_id"]]["fold"]
            assert (row["fold"] == "0") == (row["split_official"] == "test")
            found.setdefault(row["fold"], set()).add(row["work_id"])
    assert sorted(found) == ["0", "1", "2", "3", "4"]
    sizes = [sum(notes[work] for work in of) for of in found.values()]
    assert 0.15 < min(sizes) / sum(sizes) <= max(sizes) / sum(sizes) < 0.25


@pytest.mark.parametrize("board", ALL_BOARDS)
def test_every_fold_has_works_that_validate(board):
    works = {(row["work_id"], row["fold"]) for row in read_csv(board) if row["exclusion"] == ""}
    odd = [fold for work, fold in works if hashlib.sha256(work.encode()).digest()[-1] % 2]
    assert set(odd) == {"0", "1", "2", "3", "4"}


def test_no_title_of_asap_is_there_twice():
    assert not read_pieces("asap-pitch-spelling").duplicated(["composer", "title"]).any()


@pytest.mark.parametrize("board", COMPOSERS)
def test_no_composer_is_in_two_splits_of_the_composer_scheme(board):
    pieces = read_pieces(board)
    composers = pieces.groupby(split_of_pieces(board, "composer"))["composer"]
    found = {split: set(names) for split, names in composers}
    here = set(pieces["composer"])
    assert found == {split: set(names) & here for split, names in COMPOSERS[board].items()}
    assert sum(map(len, found.values())) == len(here)
    assert all(found[split] for split in SPLITS)


def test_a_composer_without_a_split_is_refused():
    table = pd.DataFrame({"composer": ["Bach", "Satie", "Fauré"]})
    with pytest.raises(ValueError, match="no split of composers has Fauré, Satie"):
        split_composers(table, COMPOSERS_OF_ASAP)


@pytest.mark.corpus
def test_composers_of_augmentednet_are_split_by_their_notes(at_hand, chorale_home):
    at_hand("augmentednet-roman-numeral")
    store = load_notes(AUGMENTEDNET, chorale_home).tables
    pieces = read_pieces("augmentednet-roman-numeral")
    composers = dict(zip(pieces["piece_id"], pieces["composer"], strict=True))
    splits = composer_scheme(composers, {piece: len(store[piece]) for piece in composers})
    found = {split: {name for name in splits if splits[name] == split} for split in SPLITS}
    assert found == {split: set(of) for split, of in COMPOSERS_OF_AUGMENTEDNET.items()}


def test_a_scheme_is_not_taken_for_the_name_of_a_composer():
    board = "asap-pitch-spelling"
    assert tuple(read_pieces(board).columns) == DESCRIBING_COLUMNS
    assert "Bach" in set(read_pieces(board)["composer"])
    assert set(split_of_pieces(board, "composer")) == set(SPLITS)


def test_unknown_schemes_and_splits_are_refused():
    assert split_schemes("asap-pitch-spelling") == ("official", "composer")
    assert split_schemes("chorale-pitch-spelling") == ("official",)
    with pytest.raises(ValueError, match="has no split scheme 'random'"):
        split_of_pieces("asap-pitch-spelling", "random")
    with pytest.raises(ValueError, match=r"no split 'dev'; accepted are train, valid, test\."):
        check_split("dev")


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


# The tunes of the chorales


def make_part(pitches, *, duration=voices.TICKS):
    pitch = np.array(pitches, dtype=np.int64)
    onset = np.arange(len(pitch)) * duration
    return voices.Part("", onset, np.full(len(pitch), duration), pitch, pitch)


def make_chorale(piece_id, *parts):
    return voices.Piece("", piece_id, list(parts), voices.skeleton(parts[0]), set())


def test_kern_soprano_merges_ties_and_counts_rests():
    lines = ["**kern\t**kern", "4C\t[4c", "4D\t4c]", "=2\t=2", "4C\t4r", "4E\t8.dd#", ".\t16b"]
    soprano = voices.kern_soprano(lines)
    assert soprano.onset.tolist() == [0, 288, 360]
    assert soprano.duration.tolist() == [192, 72, 24]
    assert soprano.step.tolist() == [28, 36, 34]


def test_bwv_numbers_of_both_corpora_agree():
    assert voices.bwv_of_kern("BWV 12/7 & 69a/16") == {(12, "", 7), (69, "a", 16)}
    assert voices.bwv_of_music21("bwv12.7") == {(12, "", 7)}
    assert voices.bwv_of_music21("bwv197.7-a") == {(197, "a", 7)}
    with pytest.raises(ValueError, match="no BWV number in the file name 'opus1'"):
        voices.bwv_of_music21("opus1")


def test_a_skeleton_has_the_beats_without_repetitions():
    assert voices.skeleton(make_part([28, 28, 30, 29])).tolist() == [28, 30, 29]
    assert voices.skeleton(make_part([])).tolist() == []
    eighths = make_part([28, 29, 30, 31], duration=voices.TICKS // 2)
    assert voices.skeleton(eighths).tolist() == [28, 30]


def test_alignment_knows_a_transposed_tune():
    tune = np.random.default_rng(0).integers(28, 40, 40)
    assert tunes.alignment(tune, tune + 3) == 1
    assert tunes.alignment(tune, np.delete(tune, 20) - 2) > tunes.SAME_TUNE_ALIGNMENT
    assert tunes.alignment(tune, np.random.default_rng(1).integers(28, 40, 40)) < 0.5
    assert tunes.alignment(tune, tune[:0]) == 0


def test_a_chorale_in_another_key_is_a_near_duplicate():
    random = np.random.default_rng(0)
    first, other = random.integers(48, 72, (2, 4, 40))
    chorales = [
        make_chorale("bwv1", *map(make_part, first)),
        make_chorale("bwv2", *map(make_part, other)),
        make_chorale("bwv10", *map(make_part, first + 5)),
        make_chorale("bwv11", *map(make_part, first[:3])),
    ]
    left_out, pairs = tunes.exclusions(chorales)
    assert left_out == [("bwv10", "near-duplicate of bwv1"), ("bwv11", "3 parts")]
    assert pairs == [("bwv1", "bwv10", pytest.approx(1))]


def test_a_part_with_chords_is_unfit():
    part = make_part([60, 62, 64, 65])
    part.onset[1] = 0
    plain = make_part([60, 62])
    assert tunes.unfit(make_chorale("bwv1", plain, part, plain, plain)) == (
        "part 2 is not monophonic"
    )


HEADER = "piece_id,work_id,composer,title,split_official,exclusion\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"mine has no table of pieces: neither splits/mine\.csv nor a registered one"),
        ("piece_id,title\na,A\n", "mine.csv lacks the columns composer, exclusion, split_official"),
        (HEADER + "a,w,X,A,train,\nb,w,X,A,train,\na,w,X,A,,a copy\n", "mine.csv lists 'a' twice"),
        (HEADER + "a,w,X,A,dev,\n", "the split_official of 'a' is 'dev'; accepted are train,"),
        (HEADER + "a,w,X,A,,\n", "the split_official of 'a' is ''; accepted are train, valid"),
    ],
)
def test_a_table_that_cannot_be_one_of_pieces_is_refused(tmp_path, monkeypatch, text, message):
    monkeypatch.setattr("musebench.splits.FOLDER", tmp_path)
    if text is not None:
        (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_pieces("mine")


def test_an_excluded_piece_needs_no_split(tmp_path, monkeypatch):
    monkeypatch.setattr("musebench.splits.FOLDER", tmp_path)
    (tmp_path / "fine.csv").write_text(HEADER + "a,w,X,A,train,\nb,w,X,B,,unannotated\n")
    assert read_pieces("fine")["piece_id"].tolist() == ["a"]
