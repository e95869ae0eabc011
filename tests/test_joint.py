"""Joint training: one encoder on several boards, whose runs are then like any other."""

from itertools import islice
from types import SimpleNamespace

import pytest
import torch

from musebench.boards import BOARDS
from musebench.errors import InputError, ResumeError
from musebench.models import JointModel, ScoreModel, read_config
from musebench.train import plan_run, read_history, reproduce, train, training_batches
from musebench.train.joint import JointBatches, joint_boards, train_jointly

SPELLING, VOICES = "chorale-pitch-spelling", "chorale-voice-separation"
TINY = {"hidden": 8, "batch_size": 4, "batches_per_step": 2, "num_steps": 6, "validate_every": 3}


def only_chorales(patch):
    """Let two boards of the chorales be all boards of a joint training."""
    for module in ("joint", "result"):
        patch.setattr(f"musebench.train.{module}.joint_boards", lambda _: (SPELLING, VOICES))


@pytest.fixture(autouse=True)
def two_boards(monkeypatch):
    """A joint training of two boards of the chorales."""
    only_chorales(monkeypatch)


def run_on(board, folder, home, **changes):
    return plan_run(board, "joint-gnn", 0, folder, home, **TINY | changes)


@pytest.fixture(scope="module")
def whole(chorale_home, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        only_chorales(patch)
        runs = [
            run_on(b, tmp_path_factory.getbasetemp() / "joint", chorale_home)
            for b in (SPELLING, VOICES)
        ]
        return runs, reproduce(runs[0])


def state_of(run):
    return torch.load(run.folder / "best.pt", weights_only=True)["state"]


def test_all_boards_are_trained_with_one_encoder(whole, monkeypatch):
    (one, two), result = whole
    assert result["trained_on"] == [f"{SPELLING}:train", f"{VOICES}:train"]
    ours, theirs = state_of(one), state_of(two)
    encoder = {name for name in ours if name.startswith("encoder.")}
    assert encoder == ours.keys() & theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in encoder)
    assert [line["step"] for line in read_history(two)] == [6]
    monkeypatch.setattr("musebench.train.training.train_jointly", pytest.fail)
    assert reproduce(two)["metrics"]["link_f1"] > 0
    assert not (one.folder.parent.parent / "joint" / one.folder.name / "last.pt").exists()


@pytest.mark.parametrize(("where", "call"), [("save_state", 2), ("validate", 2), ("start", 1)])
def test_an_interrupted_training_ends_as_if_it_had_not_been(
    whole, chorale_home, tmp_path, monkeypatch, where, call
):
    from musebench.train import joint

    function, calls = getattr(joint, where), []

    def break_off(*args, **kwargs):
        calls.append(args)
        if len(calls) == call:
            raise KeyboardInterrupt
        return function(*args, **kwargs)

    runs = [run_on(board, tmp_path, chorale_home) for board in (SPELLING, VOICES)]
    with monkeypatch.context() as patch:
        patch.setattr(joint, where, break_off)
        with pytest.raises(KeyboardInterrupt):
            train(runs[0])
    torch.manual_seed(99)
    train(runs[1], resume=True)  # from the other board
    for run, expected in zip(runs, whole[0], strict=True):
        found, wanted = state_of(run), state_of(expected)
        assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_a_training_of_another_configuration_is_not_resumed(chorale_home, tmp_path, monkeypatch):
    monkeypatch.setattr("musebench.train.joint._finish", lambda *_: pytest.fail("it is finished"))
    with pytest.raises(pytest.fail.Exception):
        train(run_on(SPELLING, tmp_path, chorale_home))
    with pytest.raises(ResumeError, match="a training that differs and cannot be resumed"):
        train(run_on(VOICES, tmp_path, chorale_home, learning_rate=0.01), resume=True)


def test_other_boards_and_several_processes_are_refused(chorale_home, tmp_path):
    with pytest.raises(InputError, match="together, not on chorale-phrase; start"):
        train(run_on("chorale-phrase", tmp_path, chorale_home))
    fabric = SimpleNamespace(world_size=2)
    run = run_on(SPELLING, tmp_path, chorale_home)
    with pytest.raises(InputError, match="trained in one process"):
        train_jointly(run, fabric, "32-true", resume=False, logger=None)


def test_weights_of_a_joint_training_are_a_start_for_one_board(whole, chorale_home, tmp_path):
    from dataclasses import replace

    tuned = replace(run_on(SPELLING, tmp_path, chorale_home), init=whole[0][0].folder / "best.pt")
    assert train(tuned)
    assert not (tmp_path / VOICES).exists()


def batches_of(home, folder, done=0):
    runs = [run_on(board, folder, home) for board in (SPELLING, VOICES)]
    batches = JointBatches({run.board: training_batches(run, run.config) for run in runs}, 1)
    batches.load_state_dict({"batch": done})
    return batches


def facts(batches, number):
    return [
        (batch.board, batch.seed, batch["note"].pitch.tolist()) for batch in islice(batches, number)
    ]


def test_each_round_has_each_board_once_and_goes_on_anywhere(chorale_home, tmp_path):
    whole = facts(batches_of(chorale_home, tmp_path), 8)
    rounds = [{board for board, *_ in whole[i : i + 2]} for i in range(0, 8, 2)]
    assert rounds == [{SPELLING, VOICES}] * 4
    assert len({tuple(board for board, *_ in whole[i : i + 2]) for i in range(0, 8, 2)}) == 2
    for done in range(1, 5):
        batches = batches_of(chorale_home, tmp_path, done)
        assert facts(batches, 8 - done) == whole[done:]
        assert batches.state_dict() == {"batch": 8}


def test_the_loss_of_a_board_is_weighted_by_its_variance():
    config = read_config("joint-gnn", SPELLING, **TINY)
    sizes = {"note": 9, "beat": 1, "measure": 1}
    model = JointModel(
        {b: ScoreModel("joint-gnn", BOARDS[b].task, sizes, config) for b in (SPELLING, VOICES)}
    )
    model.models[VOICES].loss = lambda *_: torch.tensor(3.0)
    model.log_variance[VOICES].data.fill_(torch.log(torch.tensor(2.0)))
    loss = model.loss(None, SimpleNamespace(board=VOICES))
    assert loss.item() == pytest.approx(3 / 2 + torch.log(torch.tensor(2.0)).item() / 2)


def test_boards_of_a_joint_training_have_the_same_inputs(monkeypatch):
    monkeypatch.undo()
    found = joint_boards("dcml-cadence")
    assert {BOARDS[board].task.inputs for board in found} == {BOARDS["dcml-cadence"].task.inputs}
    assert len(found) == 13
    assert not any(BOARDS[board].is_smoke_test for board in found)
    assert joint_boards("dcml-roman-numeral") == ("dcml-roman-numeral",)
