from dataclasses import replace

import pytest
import torch
from _toys import OPTIONS, Toy, ToyBatches, digest, train, validation
from torch import nn

from kt_fewshot.errors import CheckpointError
from kt_fewshot.training import (
    PlainSum,
    Trainer,
    TrainerOptions,
    Validation,
    WeightAverage,
    mix,
    own_randomness,
    seed_generators,
)

CPU = torch.device("cpu")


def test_equal_to_a_loop_by_hand_to_the_last_bit():
    options = TrainerOptions(epochs=3, learning_rate=0.01, weight_decay=0.1, clip_norm=1.0, seed=4)
    trained, by_hand = Toy(), Toy()
    Trainer(options, loss_scale=16).fit(trained, ToyBatches())
    optimizer = torch.optim.AdamW(by_hand.parameters(), lr=0.01, weight_decay=0.1, fused=True)
    with own_randomness(CPU):
        for step in range(21):
            batch = list(ToyBatches().epoch(step // 7))[step % 7]
            seed_generators(mix(4, step), CPU)
            losses = by_hand.losses(batch)
            optimizer.zero_grad()
            (losses["sum"].total / 16 + losses["first"].total / 16).backward()
            nn.utils.clip_grad_norm_(by_hand.parameters(), 1.0)
            optimizer.step()
    assert digest(trained) == digest(by_hand)


def test_it_learns_and_says_so():
    model, history = train(options=replace(OPTIONS, epochs=30))
    assert [row.epoch for row in history.rows] == list(range(1, 31))
    assert [row.step for row in history.rows] == list(range(7, 211, 7))
    assert set(history.rows[0].losses) == {"sum", "first"}
    assert history.rows[-1].losses["sum"] < history.rows[0].losses["sum"] / 2
    assert all(row.score == -row.metrics["mse"] for row in history.rows)
    assert all(row.seconds > 0 and row.items_per_second > 0 for row in history.rows)
    assert not model.training


def test_losses_in_the_history_are_means_over_labelled_answers():
    class Still(Toy):
        def parameter_groups(self):
            return [{"params": self.parameters(), "lr": 0.0}]

    model = Still()
    history = Trainer(TrainerOptions(epochs=1)).fit(model, ToyBatches())
    model.train()
    totals = []
    with own_randomness(CPU):
        for step, batch in enumerate(ToyBatches().epoch(0)):
            seed_generators(mix(0, step), CPU)
            totals.append(model.losses(batch)["sum"].total.item())
    assert history.rows[0].losses["sum"] == pytest.approx(sum(totals) / (7 * 16))


def test_the_model_ends_with_the_best_averaged_weights():
    model = Toy()
    scores = iter([1.0, 3.0, 2.0, 0.0])
    seen = []

    def validate():
        assert not model.training
        seen.append(digest(model))
        return Validation(next(scores))

    history = Trainer(replace(OPTIONS, patience=2)).fit(model, ToyBatches(), validate)
    assert len(seen) == 4
    assert digest(model) == seen[1]
    assert history.best.epoch == 2


def test_validation_sees_the_average_and_training_does_not():
    plain, averaged = Toy(), Toy()
    Trainer(replace(OPTIONS, average_decay=None)).fit(plain, ToyBatches())
    own = {}

    def validate():
        own["average"] = averaged.shared.weight.detach().clone()
        return Validation(0.0)

    class Spy(PlainSum):
        def after_step(self):
            own["weights"] = averaged.shared.weight.detach().clone()

    Trainer(OPTIONS, balancing=Spy()).fit(averaged, ToyBatches(), validate)
    assert torch.equal(own["weights"], plain.shared.weight)
    assert not torch.equal(own["average"], own["weights"])


def test_without_validation_it_ends_with_the_average():
    model, followed = Toy(), Toy()
    average = WeightAverage(followed, 0.9)

    class Follow(PlainSum):
        step = 0

        def after_step(self):
            self.step += 1
            followed.load_state_dict(model.state_dict())
            average.update(self.step)

    Trainer(OPTIONS, balancing=Follow()).fit(model, ToyBatches())
    assert torch.equal(model.shared.weight, average.weights["shared.weight"])
    assert not torch.equal(model.shared.weight, followed.shared.weight)


def test_patience_stops_it():
    model = Toy()
    scores = iter([1.0, 0.5, 0.4, 0.3])
    history = Trainer(replace(OPTIONS, patience=2)).fit(model, ToyBatches(), lambda: Validation(next(scores)))
    assert len(history.rows) == 3


def test_the_same_seed_gives_the_same_numbers_and_the_caller_s_randomness_is_left_alone():
    def fit(caller_s_seed, seed):
        model = Toy()
        torch.manual_seed(caller_s_seed)
        before = torch.get_rng_state()
        Trainer(replace(OPTIONS, seed=seed)).fit(model, ToyBatches(), validation(model))
        assert torch.equal(torch.get_rng_state(), before)
        return digest(model)

    assert fit(1, seed=0) == fit(2, seed=0)
    assert fit(1, seed=0) != fit(1, seed=1)


def test_time_and_listening_change_no_number(tmp_path):
    class Loud:
        def __getattr__(self, name):
            return lambda *_: torch.rand(3)

    expected = digest(train()[0])
    model = Toy()
    trainer = Trainer(replace(OPTIONS, checkpoint_seconds=0), loss_scale=16, weights={"first": 0.5})
    trainer.fit(model, ToyBatches(), validation(model), checkpoint=tmp_path, progress=Loud())
    assert digest(model) == expected


@pytest.mark.parametrize("seconds", [0, 1e9])
def test_progress_hears_every_step_and_the_end(monkeypatch, seconds):
    monkeypatch.setattr("kt_fewshot.training.progress._REPORT_SECONDS", seconds)

    class Count:
        total = steps = items = epochs = closed = 0

        def start(self, total_steps):
            self.total = total_steps

        def advance(self, steps, items, metrics):
            self.steps += steps
            self.items += items
            assert set(metrics) == {"sum", "first"}

        def epoch(self, row):
            self.epochs += 1
            assert row.epoch == self.epochs

        def close(self):
            self.closed += 1

    progress = Count()
    Trainer(OPTIONS).fit(Toy(), ToyBatches(), progress=progress)
    assert (progress.total, progress.steps, progress.items, progress.epochs, progress.closed) == (28, 28, 448, 4, 1)


def test_a_balancing_with_parameters_is_trained_along():
    class Uncertainty:
        """Kendall et al. 2018: loss / exp(s) + s."""

        def __init__(self):
            self.s = nn.Parameter(torch.zeros(2))
            self.epochs = 0

        def backward(self, losses, _):
            stacked = torch.stack(list(losses.values()))
            (stacked * torch.exp(-self.s) + self.s).sum().backward()

        def after_step(self):
            pass

        def after_epoch(self):
            self.epochs += 1

        def parameters(self):
            return [self.s]

    balancing = Uncertainty()
    Trainer(OPTIONS, loss_scale=16, balancing=balancing).fit(Toy(), ToyBatches())
    assert balancing.epochs == 4
    assert balancing.s.abs().min() > 0.01


def test_accumulation_over_chunks_gives_nearly_the_same(tmp_path):
    def fit(chunks):
        model = Toy()
        model.dropout.p = 0.0
        Trainer(replace(OPTIONS, chunks=chunks), loss_scale=16).fit(model, ToyBatches())
        return model.shared.weight

    torch.testing.assert_close(fit(4), fit(1), rtol=1e-3, atol=1e-4)


def test_bf16_trains():
    model, history = train(options=replace(OPTIONS, precision="bf16", epochs=20))
    assert history.rows[-1].score > history.rows[0].score
    assert model.shared.weight.dtype == torch.float32
    assert digest(model) != digest(train(options=replace(OPTIONS, epochs=20))[0])


def test_what_cannot_be_trained_is_told(tmp_path):
    with pytest.raises(TypeError, match="`model` should be an nn.Module. Found str."):
        Trainer().fit("model", ToyBatches())
    with pytest.raises(ValueError, match="`loss_scale` should be above 0. Found `loss_scale = 0`"):
        Trainer(loss_scale=0)

    class Whole(PlainSum):
        adds_over_chunks = False

    with pytest.raises(ValueError, match="Whole needs whole batches. Found `chunks = 2`"):
        Trainer(TrainerOptions(chunks=2), balancing=Whole())


def test_a_checkpoint_is_not_overwritten_without_being_asked(tmp_path):
    train(tmp_path)
    with pytest.raises(CheckpointError, match="keeps the state of a training. Resume it, or choose another folder"):
        train(tmp_path)


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "auto"])
def test_on_cuda_the_loop_never_waits_for_the_device(precision, monkeypatch):
    monkeypatch.setattr("kt_fewshot.training.progress._REPORT_SECONDS", 1e9)
    model = Toy().cuda()
    batches = ToyBatches(device="cuda")
    held = [list(batches.epoch(epoch)) for epoch in range(2)]

    class Held(ToyBatches):
        def epoch(self, epoch, first_step=0):
            torch.cuda.set_sync_debug_mode("error")
            yield from held[epoch][first_step:]
            torch.cuda.set_sync_debug_mode("default")

    try:
        options = replace(OPTIONS, epochs=2, precision=precision, learning_rate=0.01)
        history = Trainer(options, loss_scale=16).fit(model, Held())
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(history.rows) == 2
