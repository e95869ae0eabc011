"""The data of a page, as numbers and texts, for JavaScript and for static pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench.applied import SPELLING, line_numbers, note_names
from musebench.features import feature_names
from musebench.graph import RELATIONS
from musebench.score import Engraving
from musebench.see.batch import SampledBatch
from musebench.see.colors import BOWS
from musebench.see.columns import LABEL, Column, columns_of
from musebench.see.lanes import Lane, lanes_of
from musebench.see.links import pairs_of, written_lines, wrong_links
from musebench.see.piece import Labels, Piece
from musebench.see.places import (
    BEAT_Y,
    HEADROOM,
    LANE_BASE,
    LANE_HEIGHT,
    MEASURE_Y,
    Places,
)

FEATURE_DIGITS = 3
METRICAL = ("beat", "measure")

Pairs = list[list[int]]


@dataclass(frozen=True, eq=False)
class Scene:
    """A piece, its systems and the drawings over them.

    Attributes:
        piece: The piece.
        engraving: Its systems, engraved or as a piano roll.
        draw_narrow: Draws the same measures in narrow systems, for pages.
        predictions: Predictor -> head -> predictions.
        batch: A mini-batch of the sampler, or None.
        explains: Whether the page opens with the errors.
    """

    piece: Piece
    engraving: Engraving
    draw_narrow: Callable[[], Engraving]
    predictions: Mapping[str, Labels] = field(default_factory=dict)
    batch: SampledBatch | None = None
    explains: bool = False

    @cached_property
    def places(self) -> Places:
        """Positions of notes and times."""
        return Places(self.piece.notes, self.engraving)

    @cached_property
    def lanes(self) -> list[Lane]:
        """Texts under the staff."""
        piece = self.piece
        return lanes_of(piece.task, piece.labels, self.predictions, piece.annotations)

    @cached_property
    def columns(self) -> list[Column]:
        """Labels and predictions of the notes."""
        piece = self.piece
        if piece.task is None:
            return []
        return columns_of(piece.task, piece.notes, piece.labels, self.predictions)

    def edges(self, relation: str) -> NDArray[np.int64]:
        """Edges of the graph between notes that are shown. Shape ``(2, num_edges)``."""
        edges: NDArray[np.int64] = self.piece.graph["note", relation, "note"].edge_index.numpy()
        return edges[:, self.places.is_shown[edges].all(axis=0)]

    def num_leaving(self, relation: str) -> int:
        """Edges between a note that is shown and one that is not."""
        edge_index = self.piece.graph["note", relation, "note"].edge_index.numpy()
        return int((self.places.is_shown[edge_index].sum(axis=0) == 1).sum())

    def content(self) -> dict[str, Any]:
        """All data, for JSON."""
        narrow = Places(self.piece.notes, self.draw_narrow())
        return {
            "layouts": [self._layout(self.places), self._layout(narrow)],
            "layout": {
                "headroom": HEADROOM,
                "measureY": MEASURE_Y,
                "beatY": BEAT_Y,
                "laneHeight": LANE_HEIGHT,
                "laneBase": LANE_BASE,
                "bows": BOWS,
            },
            "notes": self._notes(),
            "features": self._features(),
            "relations": {relation: self.edges(relation).tolist() for relation in RELATIONS},
            **{kind: self._metrical(kind) for kind in METRICAL},
            "columns": [vars(column) for column in self.columns],
            "lanes": [{"kind": lane.kind, "source": lane.source} for lane in self.lanes],
            "lines": self._lines(),
            "batch": self._batch(),
            "explains": self.explains,
            "ofOnsets": self.piece.task is not None and self.piece.task.unit == "onset",
        }

    def _notes(self) -> dict[str, list[Any]]:
        notes = self.piece.notes
        return {
            "name": note_names(notes),
            "pitch": notes.pitch.tolist(),
            "measure": notes.measures.name[notes.measure_index].tolist(),
            "beat": np.round(1 + notes.beat_position, 2).tolist(),
            "start": np.round(notes.onset_quarter, 4).tolist(),
            "duration": np.round(notes.duration_quarter, 3).tolist(),
            "onset": notes.onset_index.tolist(),
            "part": notes.parts.name[notes.part].tolist(),
        }

    def _features(self) -> dict[str, Any]:
        task = self.piece.task or SPELLING
        x = self.piece.graph["note"].x.numpy().astype(np.float64).round(FEATURE_DIGITS)
        shown = np.flatnonzero(self.places.is_shown)
        return {
            "names": list(feature_names(task.inputs)),
            "rows": shown.tolist(),
            "values": x[shown].tolist(),
        }

    def _layout(self, places: Places) -> dict[str, Any]:
        """The systems of an engraving, and what stands where on them."""
        heads, graph = places.engraving.heads, self.piece.graph
        columns = (heads.row, heads.part, heads.system, heads.x, heads.y)
        metrical = {kind: places.of_times(graph[kind].start_div.numpy()) for kind in METRICAL}
        return {
            "systems": [
                {
                    "svg": system.svg,
                    "width": system.width,
                    "height": system.height,
                    "top": system.top,
                    "bottom": system.bottom,
                }
                for system in places.engraving.systems
            ],
            "heads": [column.tolist() for column in columns],
            "signs": self.signs(places),
            **{kind: [at and list(at) for at in found] for kind, found in metrical.items()},
        }

    def _metrical(self, node_type: str) -> dict[str, Any]:
        """Edges of beats or measures to notes and to each other."""
        graph = self.piece.graph
        found = self.places.of_times(graph[node_type].start_div.numpy())
        is_shown = np.array([place is not None for place in found], dtype=bool)
        connects = graph["note", "connects", node_type].edge_index.numpy()
        follows = graph[node_type, "next", node_type].edge_index.numpy()
        kept = self.places.is_shown[connects[0]] & is_shown[connects[1]]
        return {
            "connects": connects[:, kept].tolist(),
            "next": follows[:, is_shown[follows].all(axis=0)].tolist(),
        }

    def signs(self, places: Places) -> list[list[list[Any]]]:
        """The signs of each lane: system, position, text, whether it is wrong."""
        onsets = places.of_times(np.unique(self.piece.notes.onset_div))
        return [
            [
                [*place, sign.text, sign.is_wrong]
                for sign in lane.signs
                if (place := onsets[sign.onset]) is not None
            ]
            for lane in self.lanes
        ]

    def _lines(self) -> list[dict[str, Any]]:
        """Written, labelled and predicted voices, and the wrong links."""
        piece = self.piece
        written = written_lines(piece.notes)
        lines = [self._line("as written", "voice", pairs_of(written), line_numbers(written))]
        if piece.task is None or piece.task.kind != "link":
            return lines
        head = piece.task.main_head
        label = piece.labels.get(head)
        sources = {LABEL: piece.labels, **self.predictions}
        for source, of_source in sources.items():
            if head in of_source:
                following = of_source[head].astype(np.int64)
                number = line_numbers(following)
                lines.append(self._line(source, "voice", pairs_of(following), number))
                if label is not None and source != LABEL:
                    spurious, missed = wrong_links(piece.notes, label, following)
                    lines.append(self._line(source, "spurious", spurious))
                    lines.append(self._line(source, "missed", missed))
        return lines

    def _line(
        self,
        source: str,
        kind: str,
        pairs: list[tuple[int, int]],
        number: NDArray[np.int64] | None = None,
    ) -> dict[str, Any]:
        shown = self.places.is_shown
        kept = [(u, v) for u, v in pairs if shown[u] and shown[v]]
        groups = [] if number is None else [int(number[u]) for u, _ in kept]
        return {"source": source, "kind": kind, "pairs": kept, "groups": groups}

    def _batch(self) -> dict[str, Any] | None:
        if self.batch is None:
            return None
        shown = self.places.is_shown
        return {
            "hop": self.batch.hop.tolist(),
            "edges": {
                relation: pairs[:, shown[pairs].all(axis=0)].tolist()
                for relation, pairs in self.batch.edges.items()
            },
            "about": self.batch.about,
        }
