"""SEE: score, graph, labels, predictions and errors as a page or a picture.

``musebench.view`` is ``view`` of this package.
"""

from musebench.see.entries import explain as explain
from musebench.see.suspects import suspect_pages as suspect_pages
from musebench.see.views import View as View
from musebench.see.views import check_page as check_page
from musebench.see.views import view as view
