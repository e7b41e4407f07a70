import errno
import os
import random
import signal
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from _toys import OPTIONS, Toy, ToyBatches, digest, fork_context, train, train_in_child, validation
from torch import nn

from kt_fewshot.errors import CheckpointError, Interrupted, StorageError
from kt_fewshot.storage import has_checkpoint, load_checkpoint
from kt_fewshot.training import PlainSum, Trainer, TrainerOptions, Validation
from kt_fewshot.training.resume import KIND

ALWAYS = replace(OPTIONS, checkpoint_seconds=0)


class StopError(Exception):
    """Stands for whatever ends a process."""


class Until(ToyBatches):
    """Batches that end the training before step `last`."""

    def __init__(self, last, **options):
        super().__init__(**options)
        self.last = last

    def epoch(self, epoch, first_step=0):
        for number, batch in enumerate(super().epoch(epoch, first_step), first_step):
            if epoch * self.steps_per_epoch + number == self.last:
                raise StopError
            yield batch


def numbers(history):
    """The history without times."""
    return [(row.epoch, row.step, dict(row.losses), row.score, dict(row.metrics)) for row in history.rows]


@pytest.fixture(scope="module")
def whole():
    model, history = train()
    return digest(model), numbers(history)


@pytest.mark.parametrize("last", [0, 1, 5, 6, 7, 8, 13, 20, 27])
def test_ends_the_same_wherever_it_was_stopped(tmp_path, whole, last):
    with pytest.raises(StopError):
        train(tmp_path, options=ALWAYS, batches=Until(last))
    model, history = train(tmp_path, resume=True)
    assert (digest(model), numbers(history)) == whole


@pytest.mark.parametrize(
    "options",
    [
        replace(ALWAYS, average_decay=None),
        replace(ALWAYS, optimizer="adam", schedule="cosine", warmup_steps=3, clip_norm=None, chunks=2),
        replace(ALWAYS, schedule="one-cycle", precision="bf16", patience=1),
    ],
)
def test_ends_the_same_stopped_many_times_under_other_options(tmp_path, options):
    expected = digest(train(options=options)[0])
    for last in (3, 4, 11, 19):
        with pytest.raises(StopError):
            train(tmp_path, options=options, batches=Until(last), resume=True)
    assert digest(train(tmp_path, options=options, resume=True)[0]) == expected


def test_a_stop_between_saves_loses_only_steps_not_the_result(tmp_path, whole):
    with pytest.raises(StopError):  # saved at the end of the first epoch only
        train(tmp_path, batches=Until(11))
    assert load_checkpoint(tmp_path, kind=KIND)[1]["step"] == 7
    assert digest(train(tmp_path, resume=True)[0]) == whole[0]


def test_nothing_saved_yet_begins_anew(tmp_path, whole):
    assert digest(train(tmp_path / "new", resume=True)[0]) == whole[0]


def test_a_finished_training_resumes_to_its_end_at_once(tmp_path, whole):
    train(tmp_path)
    model, history = train(tmp_path, resume=True, batches=Until(0))
    assert (digest(model), numbers(history)) == whole


def test_more_epochs_go_on_as_if_asked_for_at_once(tmp_path):
    longer = replace(OPTIONS, epochs=6)
    train(tmp_path)
    assert digest(train(tmp_path, resume=True, options=longer)[0]) == digest(train(options=longer)[0])


def test_one_stopped_early_stays_stopped(tmp_path):
    def fit(epochs, batches):
        model, scores = Toy(), iter([0.0, 2.0, 1.0])
        trainer = Trainer(replace(OPTIONS, epochs=epochs, patience=1))
        history = trainer.fit(model, batches, lambda: Validation(next(scores)), checkpoint=tmp_path, resume=True)
        return digest(model), len(history.rows)

    stopped = fit(8, ToyBatches())
    assert stopped[1] == 3
    assert fit(20, Until(0)) == stopped


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name, value in asdict(
            TrainerOptions(
                learning_rate=0.01,
                schedule="cosine",
                warmup_steps=1,
                optimizer="adam",
                weight_decay=0.5,
                clip_norm=None,
                patience=2,
                min_epochs=2,
                average_decay=None,
                chunks=2,
                seed=1,
                precision="fp32",
            )
        ).items()
        if name not in {"epochs", "checkpoint_seconds", "max_seconds"}
    ],
)
def test_another_option_is_refused_by_name(tmp_path, name, value):
    with pytest.raises(StopError):
        train(tmp_path, options=ALWAYS, batches=Until(3))
    with pytest.raises(CheckpointError) as caught:
        train(tmp_path, resume=True, options=replace(OPTIONS, **{name: value}))
    old = getattr(OPTIONS, name)
    assert f"was begun with `{name} = {old!r}`. Found `{name} = {value!r}`. Resume with the same" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_fewer_epochs_other_data_and_other_losses_are_refused(tmp_path):
    train(tmp_path)
    with pytest.raises(CheckpointError, match="begun with `epochs = 4`. Found `epochs = 3`"):
        train(tmp_path, resume=True, options=replace(OPTIONS, epochs=3))
    with pytest.raises(CheckpointError, match="was begun on other answers than those there are now"):
        train(tmp_path, resume=True, batches=ToyBatches(fingerprint="other"))
    with pytest.raises(CheckpointError, match="begun with `steps_per_epoch = 7`"):
        train(tmp_path, resume=True, batches=ToyBatches(steps_per_epoch=8))
    with pytest.raises(CheckpointError, match=r"begun with `loss_scale = 16`. Found `loss_scale = 1.0`"):
        Trainer(OPTIONS, weights={"first": 0.5}).fit(Toy(), ToyBatches(), checkpoint=tmp_path, resume=True)


def test_a_schedule_that_knew_its_end_cannot_go_on_after_it(tmp_path):
    options = replace(OPTIONS, schedule="one-cycle")
    train(tmp_path, options=options)
    with pytest.raises(CheckpointError, match="the one-cycle schedule has fixed its learning rates"):
        train(tmp_path, resume=True, options=replace(options, epochs=5))


def test_another_model_is_refused_in_one_line(tmp_path):
    train(tmp_path)
    model = Toy()
    model.heads = nn.Linear(8, 3)
    trainer = Trainer(OPTIONS, loss_scale=16, weights={"first": 0.5})
    with pytest.raises(CheckpointError, match="is the state of another model") as caught:
        trainer.fit(model, ToyBatches(), checkpoint=tmp_path, resume=True)
    assert "\n" not in str(caught.value)


def test_a_damaged_state_falls_back_to_the_one_before(tmp_path, whole):
    with pytest.raises(StopError):
        train(tmp_path, options=ALWAYS, batches=Until(9))
    newest = tmp_path / "manifest.json"
    newest.write_bytes(newest.read_bytes()[:-10])
    assert digest(train(tmp_path, resume=True)[0]) == whole[0]


def test_if_all_are_damaged_it_says_so(tmp_path):
    train(tmp_path)
    for path in tmp_path.glob("tensors-*"):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="is damaged"):
        train(tmp_path, resume=True)


def test_a_balancing_that_remembers_is_brought_back(tmp_path):
    class Remembers(PlainSum):
        """Weighs by what it saw before, like dynamic weight average."""

        def __init__(self):
            self.scale = nn.Parameter(torch.ones(()))
            self.last = torch.ones(2)
            self.steps = 0

        def backward(self, losses, _):
            stacked = torch.stack(list(losses.values()))
            (self.last @ stacked * self.scale).backward()
            self.last = 0.9 * self.last + 0.1 * stacked.detach() / (1 + self.steps)

        def after_step(self):
            self.steps += 1

        def parameters(self):
            return [self.scale]

        def state_dict(self):
            return {"scale": self.scale, "last": self.last, "steps": self.steps}

        def load_state_dict(self, state):
            self.scale.data.copy_(state["scale"])
            self.last, self.steps = state["last"], state["steps"]

    def fit(batches):
        model = Toy()
        trainer = Trainer(ALWAYS, loss_scale=16, balancing=Remembers())
        trainer.fit(model, batches, checkpoint=tmp_path, resume=True)
        return digest(model)

    with pytest.raises(StopError):
        fit(Until(10))
    resumed = fit(ToyBatches())
    model = Toy()
    Trainer(ALWAYS, loss_scale=16, balancing=Remembers()).fit(model, ToyBatches())
    assert resumed == digest(model)


def child_of(folder, batches):
    child = fork_context().Process(target=train_in_child, args=(folder / "c", ALWAYS, batches, folder / "answer"))
    child.start()
    return child


def test_kill_9_at_random_moments_changes_nothing(tmp_path, whole):
    generator = random.Random(0)
    steps = []
    for _ in range(3):
        child = child_of(tmp_path, ToyBatches(pause=0.05))
        before = steps[-1] if steps else 0
        while child.is_alive() and (not has_checkpoint(tmp_path / "c") or saved_step(tmp_path / "c") <= before):
            time.sleep(0.005)
        time.sleep(generator.uniform(0, 0.1))
        os.kill(child.pid, signal.SIGKILL)
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        steps.append(saved_step(tmp_path / "c"))
    assert 0 < steps[0] < steps[1] < steps[2] < 28  # it was under way each time
    model, history = train(tmp_path / "c", resume=True)
    assert (digest(model), numbers(history)) == whole


def saved_step(folder):
    return load_checkpoint(folder, kind=KIND)[1]["step"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path, whole, number):
    child = child_of(tmp_path, ToyBatches(pause=0.05))
    while child.is_alive() and not has_checkpoint(tmp_path / "c"):
        time.sleep(0.005)
    os.kill(child.pid, number)
    child.join(60)
    assert child.exitcode == 0
    step = saved_step(tmp_path / "c")
    assert (tmp_path / "answer").read_text() == (
        f"Interrupted: Training was interrupted after step {step} of 28. "
        f"Everything up to there is kept in {tmp_path / 'c'}: resume from it to go on."
    )
    model, history = train(tmp_path / "c", resume=True)
    assert (digest(model), numbers(history)) == whole


def test_ctrl_c_in_the_last_validation_stops_too_and_loses_nothing(tmp_path, whole):
    def fit(batches, *, interrupt):
        model = Toy()
        validate = validation(model)
        seen = []

        def interrupted():
            seen.append(validate())
            if interrupt and len(seen) == 4:
                os.kill(os.getpid(), signal.SIGINT)
            return seen[-1]

        trainer = Trainer(OPTIONS, loss_scale=16, weights={"first": 0.5})
        trainer.fit(model, batches, interrupted, checkpoint=tmp_path, resume=True)
        return digest(model)

    with pytest.raises(Interrupted, match="after step 28 of 28"):
        fit(ToyBatches(), interrupt=True)
    assert fit(Until(0), interrupt=False) == whole[0]


def test_a_full_disk_ends_it_with_one_line_and_space_continues_it(tmp_path, whole, monkeypatch):
    real, left = Path.write_bytes, [9]

    def fills(path, content):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fills)
        with pytest.raises(StorageError, match="Cannot write .*: the disk is full"):
            train(tmp_path, options=ALWAYS)
    assert 0 < saved_step(tmp_path) < 7
    assert digest(train(tmp_path, resume=True)[0]) == whole[0]


def test_without_a_folder_an_interrupt_says_that_nothing_was_kept():
    class Interrupting(ToyBatches):
        def epoch(self, epoch, first_step=0):
            for number, batch in enumerate(super().epoch(epoch, first_step)):
                if (epoch, number) == (1, 2):
                    os.kill(os.getpid(), signal.SIGINT)
                yield batch

    model = Toy()
    with pytest.raises(Interrupted, match="after step 10 of 28. Nothing was kept, since no checkpoint folder"):
        Trainer(OPTIONS).fit(model, Interrupting(), validation(model))
