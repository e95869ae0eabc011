"""The directive ``declared KIND``: a table of what is declared, such as tasks or metrics."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from musebench.annotations import FORMATS
from musebench.card import markdown_table
from musebench.evaluation import METRICS
from musebench.models import ENCODERS, RULES
from musebench.tasks import TASKS

Table = tuple[tuple[str, ...], Iterable[tuple[str, ...]]]


def _summary(value: object) -> str:
    return (value.__doc__ or "").partition("\n")[0]


def formats() -> Table:
    """Formats of corpora."""
    rows = ((f"`{name}`", _summary(found.read)) for name, found in FORMATS.items())
    return ("format", "how it is read"), rows


def metrics() -> Table:
    """Metrics."""
    rows = (
        (
            f"`{name}`",
            _summary(metric.measure),
            metric.unit or "a number",
            "higher" if metric.higher_is_better else "lower",
        )
        for name, metric in METRICS.items()
    )
    return ("metric", "what it is", "unit", "better is"), rows


def models() -> Table:
    """Learned models."""
    return ("model", "what it does"), ((f"`{n}`", _summary(e)) for n, e in ENCODERS.items())


def rules() -> Table:
    """Rules by task."""
    rows = ((*key.split("/"), _summary(rule)) for key, rule in RULES.items())
    return ("task", "rule", "what it does"), ((t, f"`{n}`", s) for t, n, s in rows)


def tasks() -> Table:
    """Tasks."""
    rows = (
        (f"`{name}`", task.kind, ", ".join(head.replace("_", " ") for head in task.heads))
        for name, task in TASKS.items()
    )
    return ("task", "kind", "heads"), rows


TABLES: dict[str, Callable[[], Table]] = {
    table.__name__: table for table in (formats, metrics, models, rules, tasks)
}


class Declared(SphinxDirective):
    """A table of what is declared."""

    required_arguments = 1
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        return self.parse_text_to_nodes(markdown_table(*TABLES[self.arguments[0]]()))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("declared", Declared)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
