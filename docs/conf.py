"""The documentation site; ``make docs`` builds it into ``build/docs``.

The pages are plain Markdown that reads on the repository's page, too. What can be made from the
package is: names, datasets and pictures come from the directives in ``site/``, the outputs of the
tutorials from executing them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "site"))

from musebench import __version__

project = "musebench"
author = "the authors of musebench"
version = release = __version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "links",
    "boards_site",
]
exclude_patterns = ["site"]
# Pages that may come later are named in the contents.
suppress_warnings = ["toc.empty_glob"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_custom_sections = ["Conventions", "Metrics", "Schemes", "Source"]

html_theme = "furo"
html_title = "musebench"
html_static_path = ["site/static"]
html_css_files = ["musebench.css"]
html_favicon = "../leaderboards/site/icon.svg"
html_copy_source = False
html_show_sphinx = False
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
