"""The standings of a board: the verified results of every entry, in order of their means, as JSON.

``leaderboards/<board>/standings.json`` is generated from the prediction files and the labels, with
``works.csv`` beside it; the tables and the web site are rendered from them alone.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from musebench.errors import InputError
from musebench.evaluation import Estimate
from musebench.files import read_json
from musebench.leaderboard.ranking import Pair
from musebench.leaderboard.submission import Division, Kind
from musebench.leaderboard.works import WORKS, WorkScore, read_works
from musebench.shown import Shown

STANDINGS_FORMAT = "musebench.standings/3"
STANDINGS = "standings.json"

Trust = Literal["reported", "recomputed", "rerun"]
RowKind = Kind | Literal["ensemble"]


@dataclass(frozen=True)
class Standing:
    """An entry of a board.

    Attributes:
        id: Name of its folder.
        method: Name of the method, for people.
        family: Kind of model, such as ``gnn``, ``rnn``, ``mlp``, ``rule``.
        kind: What it is compared as: ``rule``, ``shortcut`` and ``trees`` are controls of
            ``learned``; an ``ensemble`` is compared with nothing.
        place: 1 + number of entries with a better mean of the first main metric; None for an entry
            that has no value of it, or predicts fold 0 alone.
        best_rank: 1 + number of entries that are significantly better; None without a place.
        worst_rank: Number of entries with a place, less those that are significantly worse.
        borrows_variance: Whether it has a single run, so that its variance between runs is taken
            from the other entries.
        trust: How the numbers were checked.
        folds: The predicted folds.
        metrics: Metric -> estimate, over all works of these folds.
        official: Metric -> estimate, over the works of fold 0 alone.
        by_composer: Composer -> the first main metric, mean over seeds.
        num_seeds: Number of runs.
        num_parameters: Number of trained parameters; 0 for a rule.
        train_seconds: Mean over seeds and folds.
        predict_seconds: Time to predict all works once, mean over seeds; None if not measured.
        division: What its training may use.
        data_licenses: Licences of its training data; none if nothing was trained.
        description: Description in a line or two.
        search_trials: Number of configurations that were tried before this one.
        code_license: Licence of its code.
        contact: Who answers questions.
        hardware: Hardware of the training.
        external_data: Training data other than the board's training pieces; empty for none.
        code_url: Repository of its code.
        code_commit: 40 hexadecimal digits.
        command: Command that made the predictions.
        paper_url: Address of a description; may be empty.
        submitted: Date, ``YYYY-MM-DD``.
        sha256: SHA-256 of ``submission.json``, which contains the hashes of the prediction files.
        flips: Change of the scores -> share of its predictions that flip; empty if not measured.
    """

    id: str
    method: str
    family: str
    kind: RowKind
    place: int | None
    best_rank: int | None
    worst_rank: int | None
    borrows_variance: bool
    trust: Trust
    folds: tuple[int, ...]
    metrics: Mapping[str, Estimate]
    official: Mapping[str, Estimate]
    by_composer: Mapping[str, float | None]
    num_seeds: int
    num_parameters: int
    train_seconds: float
    predict_seconds: float | None
    division: Division
    data_licenses: tuple[str, ...]
    description: str
    search_trials: int
    code_license: str
    contact: str
    hardware: str
    external_data: str
    code_url: str
    code_commit: str
    command: str
    paper_url: str
    submitted: str
    sha256: str
    flips: Mapping[str, float] = field(default_factory=dict)

    @property
    def flips_transposed(self) -> float | None:
        """Share of the predictions that flip, mean over all transpositions; None if not known."""
        found = [share for name, share in self.flips.items() if name.startswith("transposed")]
        return sum(found) / len(found) if found else None


@dataclass(frozen=True, repr=False)
class Standings(Shown):
    """A board and its entries.

    Attributes:
        board: Name of the board.
        version: Version of the board.
        about: Description of the board in a line.
        license: SPDX name of the licence of the scores.
        main_metrics: Metrics that rank, the first one first.
        higher_is_better: Whether more of the first main metric is better.
        metrics: All metrics that any entry has, in order of presentation.
        num_pieces: Pieces of the test split.
        num_works: Works of the test split, the unit of the intervals.
        is_smoke_test: Whether rules solve it nearly.
        ceiling: What people reach in the first main metric; None if nobody measured it.
        coverage: Share of 95 % intervals that contained the true value in a simulation with this
            number of works; None if there was no simulation.
        entries: In order of the mean of the first main metric, best first; unranked entries last.
        pairs: All pairs of entries with a place, compared by the first main metric.
        works: Entry -> the first main metric work by work; in a file of its own.
        ensembles: Rows that are made of the scores of several entries, never ranked; see
            ``musebench.leaderboard.ensembles``.
    """

    board: str
    version: str
    about: str
    license: str
    main_metrics: tuple[str, ...]
    higher_is_better: bool
    metrics: tuple[str, ...]
    num_pieces: int
    num_works: int
    is_smoke_test: bool
    ceiling: float | None
    coverage: float | None
    entries: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    works: Mapping[str, tuple[WorkScore, ...]] = field(default_factory=dict)
    ensembles: tuple[Standing, ...] = ()

    @property
    def rows(self) -> tuple[Standing, ...]:
        """The rows of its table: the entries, then the ensembles."""
        return (*self.entries, *self.ensembles)


def to_json(standings: Standings) -> str:
    """The text of ``standings.json``, the same for the same standings."""
    content = {"format": STANDINGS_FORMAT, **asdict(standings)}
    del content["works"]
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_standings(path: str | Path) -> Standings:
    """Read ``standings.json``, and the works beside it if they are there.

    Raises:
        InputError: If it is not a file of standings.
    """
    try:
        content: dict[str, Any] = read_json(path)
        if content.pop("format") != STANDINGS_FORMAT:
            msg = f"its format is not {STANDINGS_FORMAT}"
            raise InputError(msg)
        entries = tuple(_read_entry(entry) for entry in content.pop("entries"))
        ensembles = tuple(_read_entry(entry) for entry in content.pop("ensembles", ()))
        main, metrics = tuple(content.pop("main_metrics")), tuple(content.pop("metrics"))
        pairs = tuple(Pair(**pair) for pair in content.pop("pairs"))
        if not {x for pair in pairs for x in (pair.first, pair.second)} <= {e.id for e in entries}:
            msg = "a pair names an entry that is not there"
            raise InputError(msg)
        return Standings(
            main_metrics=main,
            metrics=metrics,
            entries=entries,
            ensembles=ensembles,
            pairs=pairs,
            works=read_works(Path(path).parent / WORKS),
            **content,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{path} contains no standings ({error}); `musebench leaderboard render` writes them."
        raise InputError(msg) from error


def _read_entry(entry: dict[str, Any]) -> Standing:
    estimates: dict[str, Any] = {
        view: {name: Estimate(**value) for name, value in entry.pop(view).items()}
        for view in ("metrics", "official")
    }
    tuples: dict[str, Any] = {name: tuple(entry.pop(name)) for name in ("folds", "data_licenses")}
    return Standing(**tuples, **estimates, **entry)
