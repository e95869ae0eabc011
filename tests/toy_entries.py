"""The toy board, and a submission of which one value is changed."""

import toy_board

BOARD = toy_board.BOARD.name


def change_value(path, value):
    *parents, last = path

    def change(content):
        for step in parents:
            content = content[step]
        content[last] = value

    return change
