"""Made-up standings for the pages: realistic, empty, single, tied, and hostile ones."""

import math
from dataclasses import fields, replace

import pandas as pd

from musebench.evaluation.intervals import Estimate
from musebench.leaderboard.archive import COLUMNS, read_archive
from musebench.leaderboard.ranking import Pair
from musebench.leaderboard.render import render_pages, render_site, stale_files, write_files
from musebench.leaderboard.standings import Standing, Standings
from musebench.leaderboard.works import WorkScore

NO_ARCHIVE = pd.DataFrame(columns=list(COLUMNS))
METRICS = (
    "accuracy",
    "accuracy_up_to_shift",
    "accuracy_altered",
    "key_signature_accuracy",
    "error_rate",
)
COMPOSERS = (
    "Bach",
    "Balakirev",
    "Beethoven",
    "Brahms",
    "Chopin",
    "Debussy",
    "Glinka",
    "Haydn",
    "Liszt",
    "Rachmaninoff",
    "Schubert",
    "Scriabin",
)
LONG = "A Very Long Method Name With Pre-Training, Self-Distillation and Ensembles of Ten " * 2
NO_RANK = (None, None, None)
# method, family, kind, place, best rank, worst rank, trust,
# accuracy, half width, parameters, seconds, seeds
ROWS = (
    ("NoteGNN", "gnn", "learned", 1, 1, 3, "rerun", 0.9812, 0.004, 412_345, 5_400, 5),
    ("MetricalGNN", "gnn", "learned", 2, 1, 4, "recomputed", 0.9795, 0.005, 1_243_000, 9_100, 5),
    (LONG, "transformer", "learned", 3, 1, 4, "reported", 0.9791, None, 86_000_000, 190_000, 3),
    ("PKSpell", "rnn", "learned", 4, 2, 5, "recomputed", 0.9744, 0.006, 150_000, 2_300, 5),
    ("ps13s1", "rule", "rule", 5, 3, 6, "rerun", 0.9731, 0.008, 0, 0.0, 1),
    ("GraphSAGE", "gnn", "learned", 6, 5, 6, "recomputed", 0.9702, 0.007, 98_765, 1_250, 5),
    ("CIV", "rule", "rule", 7, 7, 7, "recomputed", 0.9655, 0.01, 0, 0.0, 1),
    ("MLP, window of 9", "mlp", "learned", 8, 8, 9, "recomputed", 0.9590, 0.009, 33_000, 260, 5),
    ("line-of-fifths", "rule", "rule", 9, 8, 10, "recomputed", 0.9312, 0.013, 0, 0.0, 1),
    ("MLP", "mlp", "learned", 10, 9, 10, "rerun", 0.9288, 0.012, 9_000, 95, 5),
    ("krumhansl", "rule", "rule", 11, 11, 11, "rerun", 0.8541, 0.02, 0, 0.0, 1),
    ("untrained twin", "gnn", "learned", *NO_RANK, "reported", None, None, 412_345, 0.04, 1),
)


def made_entry(k, row):
    method, family, kind, place, best, worst, trust, mean, half, parameters, seconds, seeds = row

    def estimate(shift):
        if mean is None:
            return Estimate(None)
        value = min(mean + shift, 1.0)
        deviation = 0.0012 if seeds > 1 else None
        if half is None:
            return Estimate(value, deviation=deviation)
        return Estimate(value, value - half, min(value + 0.8 * half, 1.0), deviation)

    metrics = {
        "accuracy": estimate(0),
        "accuracy_up_to_shift": estimate(0.006),
        "accuracy_altered": estimate(-0.05),
        "error_rate": Estimate(None if mean is None else 100 * (1 - mean)),
    }
    if kind == "learned":
        metrics["key_signature_accuracy"] = estimate(-0.03)
    shifts = (0.012, -0.03, 0.006, -0.008, -0.015, -0.05, 0.009, 0.014, -0.02, -0.04, 0.0, -0.06)
    return Standing(
        id=f"entry-{k + 1:02}",
        method=method.strip(),
        family=family,
        kind=kind,
        place=place,
        best_rank=best,
        worst_rank=worst,
        borrows_variance=method == "GraphSAGE",
        trust=trust,
        folds=(0,) if place is None else (0, 1, 2, 3, 4),
        metrics=metrics,
        official=metrics,
        by_composer={
            name: None if mean is None or (k + j) % 11 == 10 else min(1.0, mean + shift)
            for j, (name, shift) in enumerate(zip(COMPOSERS, shifts, strict=True))
        },
        num_seeds=seeds,
        num_parameters=parameters,
        train_seconds=seconds,
        predict_seconds=None if kind == "rule" else 0.01 * seconds,
        division="pretrained" if k == 2 else "scratch",
        data_licenses=() if kind == "rule" else ("CC-BY-NC-SA-4.0", "other data")[: 1 + (k == 2)],
        description=f"What {family} does",
        search_trials=k,
        code_license="MIT",
        contact="the authors",
        hardware="" if kind == "rule" else "1 x NVIDIA RTX A5000",
        external_data="Annotated scores of the Lieder corpus" if k == 2 else "",
        code_url="https://github.com/example/spelling" if k != 8 else "",
        code_commit=f"{k:x}" * 40,
        command=f"musebench reproduce {family} --board asap-pitch-spelling --seeds {seeds}",
        paper_url="https://doi.org/10.5281/zenodo.5624527" if k % 3 == 0 else "",
        submitted=f"2026-0{1 + k % 9}-1{k % 10}",
        sha256=f"{(k + 7) % 16:x}" * 64,
    )


def made_pair(first, second):
    difference = ENTRIES[first].metrics["accuracy"].mean - ENTRIES[second].metrics["accuracy"].mean
    return Pair(
        first=ENTRIES[first].id,
        second=ENTRIES[second].id,
        difference=difference,
        error=0.002,
        low=difference - 0.004,
        high=difference + 0.004,
        p_value=0.4,
        adjusted_p_value=0.6,
        low_without_a_work=difference - 0.0003,
        high_without_a_work=difference + 0.0002,
        wilcoxon_p_value=0.35,
        num_works=31,
    )


def made_works(entry):
    """Thirty-one works whose values are around the mean of the entry."""
    mean = entry.metrics["accuracy"].mean
    if mean is None:
        return ()
    waves = [math.sin(w * (1 + 0.1 * len(entry.method))) for w in range(31)]
    waves = [wave - sum(waves) / 31 for wave in waves]
    return tuple(
        WorkScore(f"work-{w:02}", w % 5, min(1.0, round(mean + 0.02 * x, 4)), 0.02 * x / 31)
        for w, x in enumerate(waves)
    )


ENTRIES = tuple(made_entry(k, row) for k, row in enumerate(ROWS))
FULL = Standings(
    board="asap-pitch-spelling",
    version="1.0",
    about="spelling and key signature of each note, Western piano music",
    license="CC-BY-NC-SA-4.0",
    main_metrics=("accuracy", "accuracy_up_to_shift"),
    higher_is_better=True,
    metrics=METRICS,
    num_pieces=46,
    num_works=31,
    is_smoke_test=False,
    ceiling=None,
    coverage=0.943,
    entries=ENTRIES,
    pairs=(made_pair(0, 1), made_pair(0, 2), made_pair(1, 2)),
    works={entry.id: made_works(entry) for entry in ENTRIES if entry.metrics["accuracy"].mean},
)
EMPTY = replace(
    FULL,
    board="chorale-pitch-spelling",
    is_smoke_test=True,
    license="music21",
    coverage=None,
    entries=(),
    pairs=(),
    works={},
)
SINGLE = replace(
    FULL,
    board="one-entry",
    entries=(replace(ENTRIES[0], by_composer={"Bach": 0.98}),),
    pairs=(),
)
REGRESSION = replace(
    FULL,
    board="difficulty",
    about="how hard a piece is to play, as a number",
    main_metrics=("mse_velocity",),
    higher_is_better=False,
    metrics=("mse_velocity", "pearson_r"),
    pairs=(made_pair(0, 4), made_pair(0, 5), made_pair(4, 5)),
    entries=tuple(
        replace(
            entry,
            metrics={
                "mse_velocity": Estimate(0.4 + 0.3 * k, 0.35 + 0.3 * k, 0.5 + 0.3 * k),
                "pearson_r": Estimate(0.8 - 0.1 * k, -0.1, 0.9),
            },
            by_composer={"Bach": 0.41 + k, "Liszt": 1.5},
        )
        for k, entry in enumerate((ENTRIES[0], ENTRIES[4], ENTRIES[5]))
    ),
)
BOARDS = (FULL, EMPTY, SINGLE, REGRESSION)


def hostile(text):
    """A board on which every text of its entry is ``text``."""
    texts = {
        field.name: text
        for field in fields(Standing)
        if isinstance(getattr(ENTRIES[0], field.name), str)
    }
    entry = replace(ENTRIES[0], **texts, by_composer={text: 0.5}, data_licenses=(text,))
    words = {"version": text, "about": text, "license": text}
    pair = replace(made_pair(0, 1), first=text)
    works = {text: (WorkScore(text, 0, 0.5, 0.0),)}
    return replace(FULL, **words, entries=(entry, ENTRIES[1]), pairs=(pair,), works=works)


def write_tables(standings, leaderboards):
    """Write the tables."""
    write_files(render_pages(standings, read_archive(leaderboards), leaderboards))


def write_site(standings, site, frozen=()):
    """Write the web site."""
    pages = render_site(standings, NO_ARCHIVE, frozen)
    write_files({site / path: text for path, text in pages.items()})


def stale_tables(standings, leaderboards):
    """Paths of the tables that are missing or differ."""
    return [str(p) for p in stale_files(render_pages(standings, NO_ARCHIVE, leaderboards))]
