"""What enters and what leaves each station of the path, from the toy score and the package."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from drawing import (
    CODE,
    GREY,
    HOP_COLORS,
    INK,
    PALE,
    RELATION_COLORS,
    SPLIT_COLORS,
    TEXT,
    TOY,
    bare,
    in_and_out,
    names,
    roll,
    text_panel,
    title,
    toy_score,
)
from musebench import MuseNeighborLoader, apply, build_graph
from musebench.annotations import next_note_labels, spelling_labels
from musebench.boards import BOARDS
from musebench.corpora import ASAP
from musebench.evaluation import SHARE, interval_of_seeds
from musebench.features import feature_names, note_features
from musebench.splits import SPLITS, read_pieces, split_of_pieces
from musebench.store import fingerprint_of, notes_recipe
from musebench.tasks import PITCH_SPELLING


def corpora() -> Figure:
    """A corpus at a commit; files that were checked."""
    figure, left, right = in_and_out(1.9)
    files = list(ASAP.registry.items())[:3]
    lines = [f"{ASAP.repository} at {ASAP.commit[:7]}", "", "path  size  sha256"]
    text_panel(left, lines + [f"{_end(path)}  {f.size}  {f.sha256[:8]}" for path, f in files])
    shown = [f"raw/{ASAP.name}/.../{_end(path)}" for path, _ in files]
    text_panel(right, ["fetch(ASAP, paths)", "", "path -> file whose hash was checked", *shown])
    return figure


def _end(path: str) -> str:
    return "/".join(path.split("/")[-2:])


def score() -> Figure:
    """A file; a note table."""
    figure, left, right = in_and_out(3, (0.5, 1))
    kern = TOY.read_text("utf-8").splitlines()[1:13]
    text_panel(left, [line.expandtabs(11) for line in kern])
    columns = ["onset_div", "duration_div", "pitch", "step", "alter", "octave", "staff"]
    table = toy_score().to_frame()[columns].head(11)
    text_panel(right, table.to_string(index=False).splitlines(), size=7.5)
    return figure


def annotations() -> Figure:
    """Names, as an edition has them; classes of the notes."""
    figure, left, right = in_and_out(2.6)
    notes = toy_score()
    roll(left, labels=names(notes))
    labels = spelling_labels(notes)["spelling"]
    shade = _shades(labels)
    roll(right, colors=shade, labels=[str(label) for label in labels])
    return figure


def _shades(values: np.ndarray) -> list[tuple[float, ...]]:
    from matplotlib import colormaps

    span = max(1, values.max() - values.min())
    return [colormaps["viridis"](0.15 + 0.75 * (v - values.min()) / span) for v in values]


def features() -> Figure:
    """A note table; columns of features."""
    figure, left, right = in_and_out(3.4, (0.7, 1))
    roll(left)
    columns = note_features(toy_score(), PITCH_SPELLING.inputs)
    image = right.imshow(columns.T, aspect="auto", cmap="viridis", interpolation="nearest")
    image.set_clip_on(True)
    right.set_yticks(range(columns.shape[1]), feature_names(PITCH_SPELLING.inputs), fontsize=5.5)
    right.set(xticks=[], xlabel="note")
    bare(right)
    right.tick_params(axis="y", labelsize=5.5)
    return figure


def tasks() -> Figure:
    """To what a label may belong."""
    figure = Figure(figsize=(8.6, 2.3), layout="constrained")
    note, onset, link, graph = figure.subplots(1, 4)
    notes = toy_score()
    roll(note, colors=_shades(spelling_labels(notes)["spelling"]))
    title(note, "note, regression")
    roll(onset)
    for start in np.unique(notes.onset_quarter):
        onset.axvline(start + 0.05, color=HOP_COLORS[0], lw=1.2)
    title(onset, "onset, multi-head")
    roll(link)
    _links(link)
    title(link, "link")
    roll(graph)
    for spine in graph.spines.values():
        spine.set(visible=True, color=HOP_COLORS[0], lw=1.5)
    title(graph, "graph")
    return figure


def _links(axes: Axes) -> None:
    notes = toy_score()
    for u, v in enumerate(next_note_labels(notes)["next_note"].tolist()):
        if v >= 0:
            _arrow(axes, u, v, HOP_COLORS[0])


def _arrow(axes: Axes, u: int, v: int, color: str) -> None:
    notes = toy_score()
    ends = [(notes.onset_quarter[n] + 0.12, notes.pitch[n]) for n in (u, v)]
    style = {"arrowstyle": "->", "color": color, "lw": 1, "shrinkA": 1, "shrinkB": 1}
    axes.annotate("", ends[1], ends[0], arrowprops=style)


def splits() -> Figure:
    """The works of a board, by composer and split."""
    figure = Figure(figsize=(8.6, 3.2), layout="constrained")
    axes = figure.subplots()
    board = "asap-pitch-spelling"
    pieces = read_pieces(board).assign(split=split_of_pieces(board))
    works = pieces.groupby(["composer", "split"])["work_id"].nunique().unstack(fill_value=0)
    works = works.loc[works.sum(axis=1).sort_values().index]
    left = np.zeros(len(works))
    for split in SPLITS:
        axes.barh(works.index, works[split], left=left, color=SPLIT_COLORS[split], label=split)
        left += works[split].to_numpy()
    axes.set_xlabel(f"works of {board}: each in one split, with all its movements")
    axes.legend(loc="lower right", frameon=False, labelcolor=INK, fontsize=9)
    bare(axes, "bottom")
    return figure


def boards() -> Figure:
    """Corpora against tasks; a dot is a board."""
    figure = Figure(figsize=(8.6, 2.9), layout="constrained")
    axes = figure.subplots()
    rows = list(dict.fromkeys(board.name.partition("-")[0] for board in BOARDS.values()))
    columns = list(dict.fromkeys(board.task.name for board in BOARDS.values()))
    for board in BOARDS.values():
        place = columns.index(board.task.name), rows.index(board.name.partition("-")[0])
        axes.plot(*place, "o", color=HOP_COLORS[0], markersize=10)
    axes.set_xticks(range(len(columns)), columns, rotation=25, ha="right")
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlim=(-0.6, len(columns) - 0.4), ylim=(len(rows) - 0.5, -0.5))
    axes.grid(color=PALE, lw=0.5, alpha=0.6)
    axes.set(xlabel="task", ylabel="scores of")
    bare(axes)
    return figure


def store() -> Figure:
    """Note tables and labels; a folder that is named by what it was made from."""
    figure, left, right = in_and_out(2.2, (0.7, 1))
    roll(left)
    print_of = fingerprint_of(notes_recipe(ASAP))
    lines = [
        "MUSEBENCH_DATA/",
        f"  raw/{ASAP.folder[:28]}...",
        f"  notes/{ASAP.name}-{print_of}/",
        "    *.npz           the note tables",
        "    manifest.json   SHA-256 of each file, and the recipe",
        "  graphs/asap-pitch-spelling-<fingerprint>/",
    ]
    text_panel(right, lines)
    return figure


def evaluation() -> Figure:
    """Shares by work; a mean with its interval."""
    figure, left, right = in_and_out(2.4)
    right_notes = np.array([96, 188, 75, 240, 99, 160, 52, 118, 205, 88, 140, 61])
    all_notes = np.array([100, 190, 90, 250, 100, 200, 60, 120, 210, 95, 150, 80])
    share = right_notes / all_notes
    left.bar(range(len(share)), share, color=PALE)
    left.set(ylim=(0.6, 1), xticks=[], xlabel="twelve made-up works", ylabel="accuracy")
    bare(left, "bottom", "left")
    sums = np.stack([right_notes, all_notes], axis=-1)[np.newaxis]
    found = interval_of_seeds(sums, SHARE)
    right.plot([found.low, found.high], [0, 0], color=HOP_COLORS[1], lw=3)
    right.plot(found.mean, 0, "o", color=HOP_COLORS[0], markersize=9)
    text = f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"
    right.text(found.mean, 0.25, text, **TEXT, ha="center")
    right.set(xlim=(0.6, 1), ylim=(-1, 1), yticks=[], xlabel="accuracy over all notes")
    bare(right, "bottom")
    return figure


def leaderboard() -> Figure:
    """Submissions; a ranking."""
    figure, left, right = in_and_out(2.4)
    text_panel(
        left,
        [
            "leaderboards/BOARD/ID/",
            "  submission.json",
            "    method, code at a commit, seeds,",
            "    hardware, declarations",
            "  predictions/",
            "    seed0.npz  seed1.npz  seed2.npz",
        ],
    )
    rows = [
        ("1 (1\N{EN DASH}2)", 93.1, 1.1),
        ("2 (1\N{EN DASH}2)", 92.6, 1.3),
        ("3 (3\N{EN DASH}4)", 88.0, 1.6),
        ("4 (3\N{EN DASH}4)", 87.2, 2.0),
        ("5", 73.0, 3.0),
    ]
    for row, (rank, mean, half) in enumerate(rows):
        right.plot([mean - half, mean + half], [-row, -row], color=HOP_COLORS[1], lw=3)
        right.plot(mean, -row, "o", color=HOP_COLORS[0])
        right.text(65.3, -row, rank, **TEXT, va="center")
    right.set(xlim=(65, 96), ylim=(-4.6, 0.6), yticks=[], xlabel="accuracy, % (made up)")
    bare(right, "bottom")
    return figure


def graph() -> Figure:
    """Notes; edges between them."""
    figure, left, right = in_and_out(2.9, (0.55, 1))
    roll(left)
    roll(right)
    edges = build_graph(toy_score(), inputs=[])
    for relation, color in RELATION_COLORS.items():
        for u, v in edges["note", relation, "note"].edge_index.T.tolist():
            _arrow(right, u, v, color)
        right.plot([], [], color=color, label=relation)
    right.legend(
        ncols=4,
        loc="lower center",
        bbox_to_anchor=(0.5, -0.14),
        frameon=False,
        labelcolor=INK,
        fontsize=8,
    )
    return figure


def datasets() -> Figure:
    """A note table and its labels; a graph of PyG."""
    figure, left, right = in_and_out(3.6, (0.6, 1))
    notes = toy_score()
    labels = spelling_labels(notes)["spelling"]
    roll(left, colors=_shades(labels), labels=names(notes))
    shown = build_graph(notes, inputs=PITCH_SPELLING.inputs, labels={"y": labels})
    text_panel(right, str(shown).splitlines()[:22], size=6.5)
    return figure


def loader() -> Figure:
    """A graph; the targets of a window and their neighbours."""
    figure, left, right = in_and_out(2.6)
    roll(left)
    graphs = [build_graph(toy_score(), inputs=PITCH_SPELLING.inputs)]
    arguments = {"subgraph_size": 7, "batch_size": 1, "metrical": False, "seed": 3}
    batch = next(iter(MuseNeighborLoader(graphs, [1, 1], **arguments)))
    colors = np.full(len(toy_score()), PALE, dtype=object)
    by_hop = batch.num_sampled_nodes["note"]
    colors[batch["note"].n_id.numpy()] = np.repeat(np.array(HOP_COLORS), by_hop)
    roll(right, colors=colors.tolist())
    for color, words in zip(HOP_COLORS, ("targets", "one hop", "two hops"), strict=True):
        right.plot([], [], "s", color=color, label=words)
    right.legend(
        ncols=3,
        loc="lower center",
        bbox_to_anchor=(0.5, -0.16),
        frameon=False,
        labelcolor=INK,
        fontsize=8,
    )
    return figure


def models() -> Figure:
    """From features and edges to classes."""
    figure = Figure(figsize=(8.6, 1.7), layout="constrained")
    axes = figure.subplots()
    steps = ["x_dict\nedge_index_dict", "embed", "layer by layer,\nrelation by relation"]
    steps += ["heads\nof the task", "decoding", "class of\neach note"]
    _boxes(axes, steps)
    return figure


def train() -> Figure:
    """A board and a configuration; the folder of a run."""
    figure, left, right = in_and_out(2.2, (0.7, 1))
    text_panel(left, ["dataset, official split", "config: defaults.toml, note-gnn.toml", "seed 0"])
    lines = ["runs/chorale-pitch-spelling/note-gnn-seed0/"]
    lines += ["  config.json     what was asked", "  history.jsonl   a line each validation"]
    lines += ["  best.pt         the checkpoint", "  test.npz        predictions of the test split"]
    lines += ["  result.json     every metric, versions, hardware"]
    text_panel(right, lines)
    return figure


def applied() -> Figure:
    """Keys that were pressed; names."""
    figure, left, right = in_and_out(2.6)
    roll(left, labels=[str(pitch) for pitch in toy_score().pitch])
    spelled = apply("pitch-spelling", TOY, model="ps13s1")
    roll(right, labels=names(spelled.notes))
    return figure


def _boxes(axes: Axes, steps: list[str]) -> None:
    axes.axis("off")
    axes.set(xlim=(0, len(steps)), ylim=(0, 1))
    for i, words in enumerate(steps):
        box = FancyBboxPatch(
            (i + 0.06, 0.2), 0.74, 0.6, boxstyle="round,pad=0.02", ec=GREY, fc="none"
        )
        axes.add_patch(box)
        axes.text(i + 0.43, 0.5, words, **CODE | {"fontsize": 6.5}, ha="center", va="center")
        if i + 1 < len(steps):
            arrow = {"arrowstyle": "-|>", "color": GREY}
            axes.annotate("", (i + 1.03, 0.5), (i + 0.83, 0.5), arrowprops=arrow)


PICTURES: dict[str, Callable[[], Figure]] = {
    draw.__name__: draw
    for draw in (
        corpora,
        score,
        annotations,
        features,
        tasks,
        splits,
        boards,
        store,
        evaluation,
        leaderboard,
        graph,
        datasets,
        loader,
        models,
        train,
        applied,
    )
}
