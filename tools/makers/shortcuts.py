"""What metadata and layout alone give away on each board: the table that cards read."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from musebench.boards import find_board
from musebench.card import SHORTCUTS
from musebench.files import write_file
from musebench.models import Shortcut
from musebench.train import fit_rule, plan_run
from musebench.train.result import predict_by_rule

METHOD = "shortcut"


def audit(board: str, root: str | Path | None = None) -> dict[str, Any]:
    """Find the shortcut of a board on fold 0, and record it in the table.

    Args:
        board: Name of a board.
        root: The data home.

    Returns:
        Version of the board, column and depth of the tree, and the board's first main metric on the
        validation and the test split.
    """
    run = plan_run(board, METHOD, 0, root=root)
    rule = fit_rule(run)
    assert isinstance(rule, Shortcut)
    assert rule.found is not None
    y_pred = predict_by_rule(rule, run.load_dataset("test"))
    metric = find_board(board).task.main_metrics[0]
    value = run.evaluator("test", num_resamples=1).eval({"y_pred": y_pred})[metric]
    column, depth, valid = rule.found
    record = {"version": find_board(board).version, "column": column, "depth": depth}
    record |= {"metric": metric, "valid": valid, "test": value}
    file = Path(str(files("musebench.boards") / SHORTCUTS))
    known = json.loads(file.read_text("utf-8"))
    content = dict(sorted({**known, board: record}.items()))
    write_file(file, (json.dumps(content, indent=1) + "\n").encode())
    return record
