"""Labels of phrase ends from fermatas, which end the lines of a chorale.

Conventions:
    Head ``phrase_end``: 1 at an onset if any note that starts there has a fermata, in any part,
    else 0. A fermata over the continuation of a tie counts where it is written, if another note
    starts there. Nothing is moved to a neighbouring onset.
"""

from pathlib import Path

import numpy as np

from musebench.annotations.labels import OnsetLabels
from musebench.score import NoteTable, read_fermatas


def read_fermata_labels(file: str | Path, notes: NoteTable) -> dict[str, OnsetLabels]:
    """Read the phrase ends of a score.

    Args:
        file: The score, MusicXML.
        notes: Note table of the same file, as ``read_score`` made it.

    Returns:
        The labels of the kind ``fermata``. The count ``annotated`` is the number of signs,
        ``overruled`` that of signs on an onset that another part marks, too.

    Raises:
        ScoreError: If the file cannot be read.
    """
    _, time = read_fermatas(file)
    onset_div = np.unique(notes.onset_div)
    labels = np.isin(onset_div, time).astype(np.int64)
    num_aligned = int(np.isin(time, onset_div).sum())
    counts = {
        "annotated": len(time),
        "unaligned": len(time) - num_aligned,
        "overruled": num_aligned - int(labels.sum()),
    }
    return {"fermata": OnsetLabels({"phrase_end": labels}, counts)}
