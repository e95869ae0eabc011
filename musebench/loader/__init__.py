"""LOADER: windows of scores with their neighbourhoods, several scores per mini-batch.

Conventions:
    A *window* is a run of whole chords; its notes are the *targets*. Every note of a score is a
    target with the same probability ``p``, including the first and last; scores are drawn with
    weight ``1 / p``, so that each note is expected to be a target once per epoch. Nodes of a batch
    are ordered by hop, then score, then time, so targets come first and PyG's ``trim_to_layer``
    works. Indices point into the batch: onset groups of the targets are numbered first, as the rows
    of ``onset_y``; a link to a note outside the batch is -100.
    A batch is a function of (seed, epoch, index): the same for any number of workers.
"""

from musebench.loader.neighbor_loader import MuseNeighborLoader as MuseNeighborLoader
from musebench.loader.neighbor_loader import neighbors_by_hop as neighbors_by_hop
