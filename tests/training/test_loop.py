import math
from dataclasses import replace

import pytest
import torch
from _toys import OPTIONS, Toy, ToyBatches, digest, train

from kt_fewshot.errors import TrainingError
from kt_fewshot.storage import load_checkpoint
from kt_fewshot.training import LossSum, Trainer, Validation
from kt_fewshot.training.finite import all_finite
from kt_fewshot.training.resume import KIND

ALWAYS = replace(OPTIONS, checkpoint_seconds=0)


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e30])
@pytest.mark.parametrize("step", [0, 3, 7, 9])
def test_a_loss_that_is_not_finite_stops_and_poisons_nothing(tmp_path, value, step):
    with pytest.raises(TrainingError) as caught:
        train(tmp_path, options=ALWAYS, batches=ToyBatches(spoil=(step, value)))
    kept = f" The last good state is kept in {tmp_path}." if step else ""
    assert str(caught.value) == (
        f"The loss of sum is not finite in epoch {step // 7 + 1}, step {step + 1}. "
        f"Look for extreme values in the inputs, or lower the learning rate (0.05).{kept}"
    )
    if step:
        tensors, meta = load_checkpoint(tmp_path, kind=KIND)
        assert meta["step"] == step
        assert all_finite(tensors.values())
        assert digest(train(tmp_path, resume=True)[0]) == digest(train()[0])  # good data lead on from there


class Overflowing(Toy):
    """At one step its loss is finite, its gradient is not."""

    def __init__(self, step=4):
        super().__init__()
        self.bad = step

    def losses(self, batch):
        losses = super().losses(batch)
        if self.seen == (self.bad + 1) * 16:
            zero = (self.shared.weight * 0).sum()
            losses["sum"] = LossSum(losses["sum"].total + torch.sqrt(zero), losses["sum"].count)
        return losses


def test_a_gradient_that_is_not_finite_is_caught_before_it_moves_the_weights(tmp_path):
    model = Overflowing()
    with pytest.raises(TrainingError, match="The gradient is not finite in epoch 1, step 5"):
        Trainer(ALWAYS).fit(model, ToyBatches(), checkpoint=tmp_path)
    assert all_finite(model.parameters())


@pytest.mark.parametrize("options", [ALWAYS, OPTIONS])
def test_without_clipping_it_is_caught_before_it_is_saved(tmp_path, options):
    options = replace(options, clip_norm=None)
    with pytest.raises(TrainingError, match="not finite|no longer finite"):
        Trainer(options).fit(Overflowing(), ToyBatches(), checkpoint=tmp_path)
    if options.checkpoint_seconds == 0:
        tensors, meta = load_checkpoint(tmp_path, kind=KIND)
        assert meta["step"] == 4
        assert all_finite(tensors.values())
    else:
        assert not (tmp_path / "manifest.json").exists()


def test_poisoned_weights_are_not_validated():
    options = replace(OPTIONS, clip_norm=None)
    with pytest.raises(TrainingError, match="Weights are no longer finite in epoch 1, step 7"):
        Trainer(options).fit(Overflowing(step=6), ToyBatches(), lambda: pytest.fail("validated"))


def test_a_validation_that_draws_at_random_is_reproducible(tmp_path):
    def scores(folder, *, killed=False):
        def validate():
            if killed:
                raise KeyboardInterrupt
            return Validation(torch.rand(()).item())

        history = Trainer(ALWAYS).fit(Toy(), ToyBatches(), validate, checkpoint=tmp_path / folder, resume=True)
        return [row.score for row in history.rows]

    with pytest.raises(KeyboardInterrupt):
        scores("a", killed=True)
    first = scores("a")  # goes on with the validation, without a step before it
    assert first == scores("b")
    assert len(set(first)) == 4


def test_poison_found_late_is_told_with_its_step(tmp_path, monkeypatch):
    # On an accelerator the losses are only looked at now and then; the first bad step is still known.
    monkeypatch.setattr("kt_fewshot.training.loop.Loop._looks_each_step", False)
    with pytest.raises(TrainingError, match="The loss of sum is not finite in epoch 2, step 10"):
        train(tmp_path, batches=ToyBatches(spoil=(9, math.nan)))
    assert load_checkpoint(tmp_path, kind=KIND)[1]["step"] == 7


def test_no_batches_are_an_error():
    with pytest.raises(TrainingError, match="nothing to learn from"):
        train(batches=ToyBatches(steps_per_epoch=0))


def test_when_time_is_up_the_epoch_is_closed_and_more_time_continues_it(tmp_path):
    model, history = train(tmp_path, options=replace(OPTIONS, max_seconds=0.0))
    assert [(row.epoch, row.step) for row in history.rows] == [(1, 1)]
    assert not math.isnan(history.rows[0].score)
    again, same = train(tmp_path, options=replace(OPTIONS, max_seconds=0.0), resume=True)
    assert digest(again) == digest(model)
    assert same.rows[0].losses == history.rows[0].losses
    whole, rows = train(tmp_path, resume=True)
    assert digest(whole) == digest(train()[0])
    assert [row.step for row in rows.rows] == [7, 14, 21, 28]


def test_seconds_add_up_over_interruptions(tmp_path):
    batches = ToyBatches(pause=0.005)
    train(tmp_path, options=replace(OPTIONS, max_seconds=0.1), batches=batches)
    before = load_checkpoint(tmp_path, kind=KIND)[1]["seconds"]
    _, history = train(tmp_path, resume=True, batches=batches)
    after = load_checkpoint(tmp_path, kind=KIND)[1]["seconds"]
    assert before >= 0.1
    assert after == pytest.approx(sum(row.seconds for row in history.rows), rel=0.5)
    assert after > before + 0.05


def test_the_listener_is_told_of_the_end_even_a_bad_one():
    class Listener:
        closed = False

        def __getattr__(self, name):
            return lambda *_: None

        def close(self):
            self.closed = True

    listener = Listener()
    with pytest.raises(TrainingError):
        Trainer(OPTIONS).fit(Toy(), ToyBatches(spoil=(0, math.nan)), progress=listener)
    assert listener.closed
