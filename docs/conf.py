"""The documentation site; ``make docs`` builds it into ``build/docs``.

The pages are plain Markdown that reads on the repository's page, too. What can be made from the
package is: names, datasets and pictures come from the directives in ``site/``, the outputs of the
tutorials from executing them.
"""

import os
import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent / "site"))

from musebench import __version__

# tqdm asks the kernels of the tutorials for a widget that a page cannot show.
os.environ.setdefault("PYTHONWARNINGS", "ignore:IProgress not found")

project = "musebench"
author = "the authors of musebench"
version = release = __version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "accessible",
    "links",
    "boards_site",
    "public_names",
    "declared",
    "pictures",
]
exclude_patterns = ["site"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True

add_module_names = False
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_use_ivar = True  # fields are listed, not described one by one
napoleon_attr_annotations = False  # their types stand in the signature
napoleon_custom_sections = ["Conventions", "Metrics", "Schemes", "Source"]

html_theme = "furo"
html_domain_indices = False  # the API pages are in the order of the path
pygments_dark_style = "github-dark"
html_title = "musebench"
html_static_path = ["site/static"]
html_css_files = ["musebench.css"]
html_favicon = "../musebench/leaderboard/render/templates/icon.svg"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#1f5a8c",
        "color-brand-content": "#1f5a8c",
        "color-brand-visited": "#1f5a8c",
    },
    "dark_css_variables": {
        "color-brand-primary": "#85b8e6",
        "color-brand-content": "#85b8e6",
        "color-brand-visited": "#85b8e6",
    },
}

PLACES = re.compile(r"^(view|plot)[a-z]*\*\n", re.MULTILINE)


def setup(app: Sphinx) -> None:
    """Leave out places in the contents for pages that are not there yet."""

    def drop_empty_places(app: Sphinx, _docname: str, content: list[str]) -> None:
        found = app.env.found_docs
        content[0] = PLACES.sub(
            lambda place: place[0] if any(page.startswith(place[1]) for page in found) else "",
            content[0],
        )

    app.connect("source-read", drop_empty_places)
