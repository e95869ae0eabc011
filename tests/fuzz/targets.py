"""What is fuzzed: for each format its toy scores, how they are damaged, and what reads them."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fuzz.damage import DATA, damaged, damaged_mxl, mxl
from musebench.score import read_augmentednet, read_dcml, read_performances, read_score


@dataclass(frozen=True)
class Target:
    """A format: toy scores, each of one or more files by name, and their reader and damage."""

    toys: tuple[dict[str, bytes], ...]
    read: Callable
    damage: Callable = damaged

    def write_case(self, folder: Path, seed: str) -> list[Path]:
        """Write a toy score of which one file is damaged."""
        rng = random.Random(f"{seed} which")
        files = dict(rng.choice(self.toys))
        chosen = rng.choice(sorted(files))
        files[chosen] = self.damage(files[chosen], seed)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return [folder / name for name in files]


def toy(*names):
    return {name: (DATA / name).read_bytes() for name in names}


def packed(name):
    return {f"{name}.mxl": mxl((DATA / f"{name}.musicxml").read_bytes())}


XML = ("piano.musicxml", "duet.musicxml", "divisions.musicxml", "four_voices.musicxml")
TARGETS = {
    "musicxml": Target(tuple(map(toy, XML)), read_score),
    "mxl": Target((packed("duet"),), read_score, damaged_mxl),
    "mei": Target((toy("duet.mei"),), read_score),
    "kern": Target((toy("duet.krn"),), read_score),
    "abc": Target((toy("duet.abc"),), read_score),
    "midi": Target((toy("duet.mid"),), read_score),
    "match": Target((toy("duet.match"),), lambda file: read_performances([file])[0]),
    "dcml": Target((toy("duet.notes.tsv", "duet.measures.tsv"),), read_dcml),
    "augmentednet": Target((toy("duet_joint.tsv"),), read_augmentednet),
}
