"""What commands are given in a small world, and how long they may take."""

import toy_board

BOARD = toy_board.BOARD.name
RUN, NPZ, ENTRY = f"runs/{BOARD}/mlp-fold0-seed0", "predictions.npz", f"leaderboards/{BOARD}/entry"
SMALL = ["hidden=4", "num_layers=1", "num_steps=1", "validate_every=1", "batch_size=1"]
SECONDS = 60
FILLED_IN = {
    "method.name": "SAGE",
    "method.family": "mlp",
    "method.description": "An MLP.",
    "code.url": "https://example.org/code",
    "code.commit": "0" * 40,
    "code.license": "MIT",
    "contact": "me",
    "declarations.no_tuning_on_test": True,
    "declarations.no_training_on_test": True,
    "declarations.predictions_under_license_of_corpus": True,
}


def too_long(*_):
    raise BaseException(f"not done after {SECONDS} seconds")
