"""Print the lower bounds of pyproject.toml as pins, a line each, for pip.

Of what runs and what the tests need; not of the tools of developers and of the documentation.
``--torch VERSION`` takes this torch instead of its lower bound, which may be a build of gigabytes.
"""

import argparse
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

EXTRAS = ("chorales", "plot", "render", "tensorboard", "test")


def lower_bounds() -> dict[str, str]:
    """Distribution -> the lowest version that pyproject.toml promises."""
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)["project"]
    optional = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(line for extra in EXTRAS for line in optional[extra])]
    found = {}
    for requirement in map(Requirement, wanted):
        (bound,) = (s.version for s in requirement.specifier if s.operator in (">=", "=="))
        found[requirement.name] = bound
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch", help="Version of torch, instead of its lower bound.")
    bounds = lower_bounds()
    bounds["torch"] = parser.parse_args().torch or bounds["torch"]
    print("\n".join(f"{name}=={version}" for name, version in bounds.items()))  # noqa: T201
