"""SEE: score, graph, labels, predictions and errors as a page or a picture.

``musebench.view`` is ``view`` of this package.
"""

from musebench.see.entries import explain
from musebench.see.views import View, view

__all__ = ["View", "explain", "view"]
