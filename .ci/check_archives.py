"""Check what is in an sdist and a wheel: all of the package, nothing of the leaderboards or tests.

Run as ``python .ci/check_archives.py SDIST WHEEL`` in a clone.
"""

import re
import subprocess
import sys
import tarfile
import zipfile


def tracked(*folders: str) -> set[str]:
    """Files that git has, under folders."""
    listed = subprocess.run(
        ["git", "ls-files", *folders], capture_output=True, text=True, check=True
    )
    return set(listed.stdout.split())


def refuse(names: set[str], what: str) -> None:
    """Stop with a sentence if there are such files."""
    if names:
        sys.exit(f"{what}: {', '.join(sorted(names)[:10])}")


def main() -> None:
    """Check both archives."""
    sdist, wheel = sys.argv[1:]
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if not name.endswith("/")}
    with tarfile.open(sdist) as archive:
        in_sdist = {m.name.partition("/")[2] for m in archive.getmembers() if m.isfile()}
    package = tracked("musebench")
    refuse(package - in_wheel, "the wheel lacks")
    core = {name for name in in_wheel if re.fullmatch(r"musebench/_core\.[^/]+\.(so|pyd)", name)}
    if len(core) != 1:
        sys.exit(f"the wheel has {len(core)} cores, not one")
    about = {name for name in in_wheel if ".dist-info/" in name}
    refuse(in_wheel - package - core - about, "the wheel has superfluous files")
    if not any(name.endswith("licenses/LICENSE") for name in about):
        sys.exit("the wheel lacks the licence")
    built_from = package | tracked("csrc") | {"pyproject.toml", "README.md", "LICENSE"}
    refuse(built_from - in_sdist, "the sdist lacks")
    refuse({n for n in in_sdist if re.match("leaderboards/[^/]+/", n)}, "the sdist passes on")
    refuse(in_sdist - tracked() - {"PKG-INFO"}, "the sdist has files that git does not know")


if __name__ == "__main__":
    main()
