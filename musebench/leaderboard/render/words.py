"""What the pages explain, in words: once for Markdown and HTML."""

from musebench.leaderboard.standings import Standing, Standings

COMMAND = "musebench leaderboard render"
LETTERS = (
    "Entries that share a letter cannot be told apart. The rank is 1 + the number of entries that "
    "are significantly better; an entry with too few seeds has no rank."
)
TRUST = {
    "reported": "the numbers come from the authors and were not checked.",
    "recomputed": "every number was computed here from the submitted predictions.",
    "rerun": "recomputed, and the predictions were reproduced with the code at its commit.",
}


def interval_words(board: Standings) -> str:
    """What the intervals mean on this board, and how good they are."""
    text = f"95 % intervals are over the {board.num_works} works of the test split and the seeds."
    if board.coverage is None:
        return text
    return (
        f"{text} In a simulation with this number of works, {100 * board.coverage:.1f} % of such "
        "intervals contained the true value."
    )


def kind_words(entry: Standing) -> str:
    """Family and kind of a method, once where they are the same."""
    return entry.kind if entry.family == entry.kind else f"{entry.family}, {entry.kind}"


def composer_names(board: Standings) -> list[str]:
    """All composers that any entry has, in order of name."""
    return sorted({name for entry in board.entries for name in entry.by_composer})


def leader_words(board: Standings) -> str:
    """The first entry, and how many others share its rank; their names are not escaped."""
    if not board.entries:
        return "no entry yet"
    best = board.entries[0]
    others = sum(entry.rank == best.rank for entry in board.entries) - 1
    if best.rank is None:
        return f"{best.method} (not ranked)"
    if not others:
        return best.method
    return f"{best.method} (and {others} more of the same rank)"
