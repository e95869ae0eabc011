"""The splits and ids of a release as one archive, for a repository that gives it a DOI.

It has the tables of the pieces, works and folds, what the boards are, the standings, and how to
cite them; no score and no label.
"""

import zipfile
from pathlib import Path

from musebench import __version__
from musebench.boards import BOARDS
from musebench.files import make_folder, writing_whole
from musebench.leaderboard import write_site
from musebench.splits import table_of_pieces

ROOT = Path(__file__).parents[2]
DATE = (1980, 1, 1, 0, 0, 0)  # so that the same content gives the same archive
ABOUT = f"""musebench {__version__}: splits, ids and standings

splits/works.csv has each work with its fold, splits/<board>.csv the pieces of a board with their
works, splits and folds, data/ the standings, registry.json and Croissant metadata of the boards.
No score and no label is in here: each board names the repositories of its corpus, their commits
and their licences. CITATION.cff says how to cite musebench; `musebench cite BOARD` the corpora.
"""


def write_archive(output: Path, scratch: Path) -> Path:
    """Write the archive.

    Args:
        output: The archive, .zip.
        scratch: An empty folder.

    Returns:
        The archive.
    """
    files = {"README.txt": ABOUT.encode(), "CITATION.cff": (ROOT / "CITATION.cff").read_bytes()}
    works = ROOT / "musebench" / "splits" / "works.csv"
    files["splits/works.csv"] = works.read_bytes()
    for board in BOARDS:
        files[f"splits/{board}.csv"] = table_of_pieces(board).read_bytes()
    for file in write_site(ROOT / "leaderboards", make_folder(scratch)):
        name = file.relative_to(scratch).as_posix()
        if name.startswith("data/") and not name.endswith(".js"):
            files[name] = file.read_bytes()
    with (
        writing_whole(output) as unfinished,
        zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in sorted(files):
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name])
    return output
