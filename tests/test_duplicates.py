"""The same music found again, in any key and edition: no split or fold may tear it apart."""

import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import musebench.duplicates
import musebench.splits
from made_scores import table_of
from makers.work_names import work_of
from musebench.corpora import (
    ASAP,
    AUGMENTEDNET,
    CORPORA,
    DCML,
    LIEDER,
    MUSIC21_CHORALES,
    STRING_QUARTETS,
)
from musebench.duplicates import MIN_GRAMS, find_duplicates, grams
from musebench.score import read_score
from musebench.store import load_notes

# Pairs of bach-370-chorales whose four voices are the same, in some key (counted independently).
SAME_IN_BACH_370 = (
    "053/178 093/257 120/349 131/328 144/318 156/308 195/305 198/307 199/302 201/306 254/282"
)


def made_score(seed, num_notes=120, transposed=0):
    random = np.random.default_rng(seed)
    onset = np.repeat(np.arange(num_notes // 2) * 2, 2)
    notes = table_of(onset, np.full(num_notes, 2))
    pitch = np.sort(random.integers(50, 75, (num_notes // 2, 2)), axis=1).ravel()
    return replace(notes, pitch=pitch + transposed)


def test_a_transposed_copy_is_found_and_nothing_else():
    pieces = {f"p{seed}": grams(made_score(seed)) for seed in range(20)}
    pieces["copy"] = grams(made_score(3, transposed=5))
    (found,) = find_duplicates(pieces)
    assert (found.first, found.second, found.share) == ("copy", "p3", 1.0)


def test_a_repeat_is_found():
    notes = made_score(1, num_notes=80)
    twice = table_of(np.concatenate([notes.onset_div, notes.onset_div + 80]), np.full(160, 2))
    twice = replace(twice, pitch=np.tile(notes.pitch, 2))
    (found,) = find_duplicates({"once": grams(notes), "twice": grams(twice)})
    assert found.share == 1.0


def test_pairs_counted_in_parts_are_those_counted_at_once(monkeypatch):
    random = np.random.default_rng(0)
    common = random.integers(2**63, size=60, dtype=np.uint64)
    pieces = {
        f"{i:02d}": np.unique(
            np.concatenate(
                [random.choice(common, 20), random.integers(2**63, size=20).astype("u8")]
            )
        )
        for i in range(40)
    }
    at_once = find_duplicates(pieces, 0.05)
    assert len(at_once) > 100
    monkeypatch.setattr(musebench.duplicates, "MANY_PAIRS", 1)
    assert find_duplicates(pieces, 0.05) == at_once


def test_a_score_of_few_notes_says_nothing():
    short = made_score(0, num_notes=10)
    assert len(grams(short)) < MIN_GRAMS
    assert find_duplicates({"a": grams(short), "b": grams(short)}) == []
    assert len(grams(table_of([], []))) == 0


def test_grace_notes_do_not_matter():
    notes = made_score(4)
    onset = np.concatenate([notes.onset_div[:6], notes.onset_div[5:6], notes.onset_div[6:]])
    graced = table_of(onset, np.insert(notes.duration_div, 5, 0))
    graced = replace(graced, pitch=np.insert(notes.pitch, 5, 90))
    assert np.array_equal(grams(graced), grams(notes))


def everything():
    return bool(os.environ.get("MUSEBENCH_TEST_EVERYTHING"))


@pytest.fixture(scope="module")
def music(asap_mirror, dcml_mirror, chorale_home):
    """Grams of every score that is at hand: (corpus, piece) -> grams."""
    slow = (AUGMENTEDNET, LIEDER, STRING_QUARTETS) if everything() else ()
    return {
        (corpus.name, piece_id): grams(notes)
        for corpus in (ASAP, MUSIC21_CHORALES, *DCML.members, *slow)
        for piece_id, notes in load_notes(corpus, chorale_home).tables.items()
    }


@pytest.fixture(scope="module")
def pairs(music):
    """Pairs of scores that are alike."""
    named = {f"{corpus}: {piece_id}": found for (corpus, piece_id), found in music.items()}
    return find_duplicates(named)


def split_name(name):
    corpus, _, piece_id = name.partition(": ")
    return corpus, piece_id


def test_known_copies_are_found(pairs):
    found = {(pair.first, pair.second) for pair in pairs}
    versions = [p for p in found if p[0].startswith("asap") and p[1].startswith("asap")]
    assert len(versions) >= 18  # titles with repeat variants
    assert ("asap: Beethoven/Piano_Sonatas/8-1", "beethoven_piano_sonatas: 08-1") in found
    both = {"asap", "beethoven_piano_sonatas"}
    assert len([p for p in found if both == {split_name(name)[0] for name in p}]) > 40
    chorales = [p for p in found if all(n.startswith("music21") for n in p)]
    assert len(chorales) >= 12
    if everything():
        both = {"augmentednet", "lieder"}
        songs = [p for p in found if both == {split_name(name)[0] for name in p}]
        assert len([p for p in songs if "winterreise" in p[0]]) > 10
        both = {"mendelssohn_quartets", "string_quartets"}
        assert len([p for p in found if both == {split_name(name)[0] for name in p}]) >= 16


def work_of_score(corpus, piece_id):
    paths = {piece.piece_id: piece.score for piece in CORPORA[corpus].pieces}
    return work_of(corpus, piece_id, paths[piece_id])


def test_music_that_is_there_twice_is_in_one_fold(pairs):
    """Within and across corpora, whatever the pieces are called."""
    assert pairs
    table = pd.read_csv(Path(musebench.splits.__file__).with_name("works.csv"))
    place_of_work = dict(
        zip(table["work_id"], zip(table["split"], table["fold"], strict=True), strict=True)
    )
    for pair in pairs:
        works = [work_of_score(*split_name(name)) for name in (pair.first, pair.second)]
        first, second = (place_of_work[work] for work in works)
        assert first == second, (pair, works)


def test_identical_harmonisations_of_bach_370_are_found(asap_mirror, tmp_path):
    """Read for this audit only: 370 kern files, of which 11 pairs are the same music."""
    (archive,) = (asap_mirror / "craigsapp").glob("bach-370-chorales-*.zip")
    with zipfile.ZipFile(archive) as stored:
        names = [name for name in stored.namelist() if name.endswith(".krn")]
        stored.extractall(tmp_path, names)
    scores = {Path(name).stem: tmp_path / name for name in names}
    found = find_duplicates({name: grams(read_score(path)) for name, path in scores.items()}, 0.9)
    numbers = {f"{p.first[-3:]}/{p.second[-3:]}" for p in found}
    assert set(SAME_IN_BACH_370.split()) <= numbers
    shutil.rmtree(tmp_path)
