"""What sounds at each onset, and a recurrent network over the onsets of each score."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot
from torch_geometric.data.storage import NodeStorage
from torch_geometric.utils import scatter

from musebench.models.score_sequence import ScoreRNN

NUM_RECURRENT_LAYERS = 2
NUM_INTERVALS = 12  # pitch classes above the bass
NUM_TIMES = 4  # see _times
NUM_STEPS = 4  # of bass and top, from the onset before and to the next
LEAP = 12  # semitones; larger steps count as this one
WINDOWS = ((-16, -4), (-4, 0), (0, 4), (4, 16))  # quarter notes around an onset
NUM_CHROMA = 2 + len(WINDOWS)  # see _chroma_of


class OnsetContext(nn.Module):
    """Embed each onset from all notes that sound at it, and from the onsets before and after.

    An onset sees mean and maximum of the notes that sound and their bass. Pitch classes are counted
    from the bass, so that they are the same in every key: those that sound, those that start, and
    the shares of those that start in four windows around the onset. Bass and top move by steps, and
    onsets have distances. A bidirectional LSTM reads the onsets of each score (in a mini-batch: of
    each window).

    Args:
        num_features: Number of features of a note.
        hidden: Size of the embeddings.
        dropout: Dropout probability in training.
    """

    def __init__(self, num_features: int, hidden: int, dropout: float) -> None:
        super().__init__()
        num_chroma = NUM_CHROMA * NUM_INTERVALS
        num_steps = NUM_STEPS * (2 * LEAP + 1)
        num_inputs = 3 * hidden + 2 * num_features + num_chroma + num_steps + NUM_TIMES
        self.join = nn.Linear(num_inputs, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.sequence = ScoreRNN(hidden, hidden, NUM_RECURRENT_LAYERS, dropout, nn.LSTM)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, h: Tensor, x: Tensor, note: NodeStorage, divs_pq: Tensor | int
    ) -> tuple[Tensor, Tensor]:
        """Embed the onset groups of the first notes of a graph or mini-batch.

        Args:
            h: Embeddings of these notes. Shape ``(num_notes, hidden)``.
            x: Features of the notes. Shape ``(num_notes or more, num_features)``.
            note: The note fields.
            divs_pq: Divisions of a quarter note, of the graph or of each score.

        Returns:
            The embeddings, shape ``(num_onsets, hidden)``, and the onset group of each note.
        """
        onsets = find_onsets(note, len(h))
        sounding, at = h[onsets.note], onsets.at
        parts = [
            scatter(sounding, at, reduce="mean"),
            scatter(sounding, at, reduce="max"),
            h[onsets.bass],
            scatter(x[onsets.note], at, reduce="max"),
            x[onsets.first],
            _above(_chroma_of(onsets, note, divs_pq), note.pitch[onsets.bass]),
            _steps(onsets, note.pitch),
            _times(onsets, note, divs_pq),
        ]
        z = self.norm(torch.relu(self.join(torch.cat(parts, dim=1))))
        return z + self.dropout(self.sequence(z, onsets.lengths)), onsets.group


class Onsets(NamedTuple):
    """The onset groups of the first notes of a graph or mini-batch, and what sounds at them.

    Attributes:
        group: Onset group of each note, ascending from 0. Shape ``(num_notes,)``.
        first: First note of each group, its lowest. Shape ``(num_onsets,)``.
        note: Note of each pair of a note and a group at whose onset it sounds. Pairs are in order
            of group, then pitch. Shape ``(num_pairs,)``.
        at: Group of each pair.
        bass: Lowest note that sounds at each group. Shape ``(num_onsets,)``.
        lengths: Number of groups of each score.
    """

    group: Tensor
    first: Tensor
    note: Tensor
    at: Tensor
    bass: Tensor
    lengths: list[int]


def find_onsets(note: NodeStorage, num_notes: int) -> Onsets:
    """Find the onset groups of the first notes, and the notes that sound at each.

    A note sounds at its own group and at later ones of its score that start before it ends.

    Args:
        note: The note fields of a graph or mini-batch.
        num_notes: Number of notes, in order of scores and note tables; at least 1.
    """
    pitch = note.pitch[:num_notes]
    group = note.onset_index[:num_notes].unique_consecutive(return_inverse=True)[1]
    score = note.batch[:num_notes] if "batch" in note else torch.zeros_like(group)
    first = torch.searchsorted(group, torch.arange(int(group[-1]) + 1, device=group.device))
    onset = note.onset_div[:num_notes]
    offset = onset + note.duration_div[:num_notes]
    length = int(offset.max()) + 1
    time = onset[first] + score[first] * length  # of the groups of all scores, ascending
    end = torch.maximum(torch.searchsorted(time, offset + score * length), group + 1)
    spans = end - group
    index = torch.repeat_interleave(spans)
    at = torch.arange(len(index), device=group.device) - (spans.cumsum(0) - spans - group)[index]
    order = torch.argsort(at * 128 + pitch[index], stable=True)
    index, at = index[order], at[order]
    bass = index[torch.searchsorted(at, torch.arange(len(first), device=group.device))]
    lengths = score[first].unique_consecutive(return_counts=True)[1].tolist()
    return Onsets(group, first, index, at, bass, lengths)


def _above(chroma: Tensor, pitch: Tensor) -> Tensor:
    """Pitch classes counted from a pitch, side by side. Shape ``(num_rows, num_kinds * 12)``.

    Args:
        chroma: Value of each pitch class, from C on. Shape ``(num_rows, num_kinds, 12)``.
        pitch: The pitch to count from. Shape ``(num_rows,)``.
    """
    steps = torch.arange(NUM_INTERVALS, device=pitch.device) + pitch[:, None]
    column = (steps % NUM_INTERVALS)[:, None].expand_as(chroma)
    return chroma.gather(2, column).flatten(1)


def _chroma_of(onsets: Onsets, note: NodeStorage, divs_pq: Tensor | int) -> Tensor:
    """Pitch classes at each onset: those that sound, those that start, shares in each window.

    Args:
        onsets: The onset groups.
        note: The note fields.
        divs_pq: Divisions of a quarter note, of the graph or of each score.

    Returns:
        Shape ``(num_onsets, NUM_CHROMA, 12)``.
    """
    num_onsets, num_notes = len(onsets.first), len(onsets.group)
    pitch_class = note.pitch[:num_notes] % NUM_INTERVALS
    nothing = torch.zeros(num_onsets, NUM_INTERVALS, device=pitch_class.device)
    present = [
        nothing.index_put((at, pitch_class[index]), nothing.new_ones(()))
        for index, at in ((onsets.note, onsets.at), (slice(None), onsets.group))
    ]
    score, quarter = _scores(onsets, note, divs_pq)
    time = note.onset_div[onsets.first] / quarter
    length = float(time.max()) + 2 * WINDOWS[-1][1]
    time = time.double() + score * length
    one = nothing.new_ones(()).double()
    started = nothing.double().index_put((onsets.group, pitch_class), one, accumulate=True)
    so_far = torch.cat([nothing[:1].double(), started.cumsum(0)])
    for begin, end in WINDOWS:
        low, high = (torch.searchsorted(time, time + shift) for shift in (begin, end))
        count = (so_far[high] - so_far[low]).float()
        present.append(count / count.sum(dim=1, keepdim=True).clamp(min=1))
    return torch.stack(present, dim=1)


def _steps(onsets: Onsets, pitch: Tensor) -> Tensor:
    """Steps of bass and top from the onset before, and to the next, in one column each.

    Shape ``(num_onsets, NUM_STEPS * (2 * LEAP + 1))``; the ends of a score step nowhere.
    """
    last = torch.cat([onsets.at[1:] != onsets.at[:-1], onsets.at.new_ones(1).bool()])
    begins = torch.tensor(onsets.lengths, device=pitch.device).cumsum(0)[:-1]
    columns = []
    for line in (pitch[onsets.bass], pitch[onsets.note[last]]):
        step = line.diff(prepend=line[:1])
        step[begins] = 0
        columns += [step, torch.cat([step[1:], step[:1]])]
    found = torch.stack(columns, dim=1).clamp(-LEAP, LEAP) + LEAP
    return one_hot(found, 2 * LEAP + 1).flatten(1).float()


def _scores(
    onsets: Onsets, note: NodeStorage, divs_pq: Tensor | int
) -> tuple[Tensor, Tensor | int]:
    """Score of each onset group, and the divisions of its quarter notes."""
    first = onsets.first
    score = note.batch[first] if "batch" in note else torch.zeros_like(first)
    return score, divs_pq[score] if isinstance(divs_pq, Tensor) and divs_pq.dim() else divs_pq


def _times(onsets: Onsets, note: NodeStorage, divs_pq: Tensor | int) -> Tensor:
    """Four columns about the time of each onset; lengths as log2(1 + quarter notes).

    Time since the onset before, time to the next, silence before the onset (0 at the ends of a
    score), and whether the bass starts at the onset.
    """
    time = note.onset_div[onsets.first]
    score, quarter = _scores(onsets, note, divs_pq)
    is_next = score[1:] == score[:-1]
    step = torch.where(is_next, time[1:] - time[:-1], 0)
    offset = note.onset_div[: len(onsets.group)] + note.duration_div[: len(onsets.group)]
    latest = _latest_so_far(scatter(offset, onsets.group, reduce="max"), score)
    silence = torch.where(is_next, (time[1:] - latest[:-1]).clamp(min=0), 0)
    nothing = step.new_zeros(1)
    spans = [torch.cat([nothing, step]), torch.cat([step, nothing]), torch.cat([nothing, silence])]
    starts = (onsets.bass == onsets.first).float()
    return torch.stack([*(torch.log2(1 + span / quarter) for span in spans), starts], dim=1)


def _latest_so_far(offset: Tensor, score: Tensor) -> Tensor:
    """Largest offset up to each onset of its score."""
    length = int(offset.max()) + 1
    return (offset + score * length).cummax(0).values - score * length
