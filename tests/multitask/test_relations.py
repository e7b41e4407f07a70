"""Tests of task relations: numbers by hand, what is left as it was, and planted families found again."""

import numpy as np
import pytest
import torch
from _families import FamilyNet, FamilyRows, rank_correlation
from torch import nn

from kt_fewshot.multitask import Relations, Watched, gradient_cosine, lookahead_affinity, planted_family
from kt_fewshot.training import LossSum, Trainer, TrainerOptions


class Springs(nn.Module):
    """Each task pulls one point towards a place of its own: loss |point - place|^2 / 2, told as a sum over a batch."""

    def __init__(self, **places: tuple[float, float]) -> None:
        super().__init__()
        self.point = nn.Parameter(torch.tensor([0.0, 0.0], dtype=torch.float64))
        self.alone = nn.Parameter(torch.ones(1, dtype=torch.float64))
        self.dropout = nn.Dropout(0.5)
        self.places = {name: torch.tensor(place, dtype=torch.float64) for name, place in places.items()}
        self.seen = []

    def shared_parameters(self):
        return [self.point]

    def losses(self, batch: int) -> dict[str, LossSum]:
        """A batch is a number of answers; with none, a task has no labels."""
        self.seen.append((self.training, self.point.tolist()))
        self.dropout(torch.ones(3))
        far = {name: (self.point - place).square().sum() / 2 for name, place in self.places.items()}
        return {name: LossSum(batch * (loss + 0 * self.alone.sum()), torch.tensor(batch)) for name, loss in far.items()}


def springs() -> Springs:
    return Springs(a=(1.0, 0.0), b=(1.0, 1.0), c=(-2.0, 0.0))


TASKS = ("a", "b", "c")


def test_cosines_by_hand():
    """Gradients are minus the places: (1, 0), (1, 1) and (-2, 0)."""
    found = gradient_cosine(springs(), [3, 5], TASKS)
    half = 0.5**0.5
    np.testing.assert_allclose(found.matrix, [[1, half, -1], [half, 1, -half], [-1, -half, 1]])
    assert (found.tasks, found.sources) == (TASKS, TASKS)
    assert "cosine" in found.what


def test_affinities_by_hand():
    """A step of .1 for c ends at (-.2, 0): a's loss was .5 and is .72 there. A step for a ends at (.1, 0)."""
    found = lookahead_affinity(springs(), [4], TASKS, rate=0.1)
    assert found.matrix[0, 2] == pytest.approx((0.5 - 0.72) / 0.5)
    assert found.matrix[2, 0] == pytest.approx((2 - 2.1**2 / 2) / 2)
    assert found.matrix[0, 0] == pytest.approx(1 - 0.9**2)
    assert found.matrix[1, 0] == pytest.approx(1 - (0.9**2 + 1) / 2)


@pytest.mark.parametrize("ask", [gradient_cosine, lookahead_affinity])
def test_the_model_comes_out_as_it_went_in(ask):
    model = springs()
    model.point.grad = torch.ones(2, dtype=torch.float64)
    model.train()
    model.dropout.eval()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    ask(model, [2], TASKS)
    assert torch.equal(torch.get_rng_state(), before)
    assert model.point.tolist() == [0, 0]
    assert model.point.grad.tolist() == [1, 1]
    assert (model.training, model.dropout.training) == (True, False)
    assert not any(training for training, _ in model.seen)


def test_a_step_is_taken_back_even_if_the_model_fails_there():
    model = springs()
    calm = model.losses
    model.losses = lambda batch: calm(batch) if model.point.tolist() == [0, 0] else 1 / 0
    with pytest.raises(ZeroDivisionError):
        lookahead_affinity(model, [2], TASKS)
    assert model.point.tolist() == [0, 0]


@pytest.mark.parametrize("ask", [gradient_cosine, lookahead_affinity])
def test_what_is_not_there_is_not_known(ask):
    found = ask(springs(), [2], ("a", "absent")).matrix
    assert np.isfinite(found[0, 0])
    assert np.isnan(found[[0, 1, 1], [1, 0, 1]]).all()
    assert np.isnan(ask(springs(), [0], TASKS).matrix).all()  # no labels
    assert np.isfinite(ask(springs(), [0, 1], TASKS).matrix).all()


def test_a_task_that_is_done_has_no_direction():
    still = Springs(a=(1.0, 0.0), done=(0.0, 0.0))
    assert np.isnan(gradient_cosine(still, [1], ("a", "done")).matrix[0, 1])


def test_refusals():
    with pytest.raises(ValueError, match="no batch has been looked at"):
        gradient_cosine(springs(), [], TASKS)
    model = springs()
    model.point.requires_grad_(requires_grad=False)
    with pytest.raises(ValueError, match="parameters that tasks share. The model has none"):
        gradient_cosine(model, [1], TASKS)
    with pytest.raises(ValueError, match=r"`matrix` should be \(2, 2\)"):
        Relations(("a", "b"), np.ones((2, 3)), "x")
    with pytest.raises(ValueError, match="different tasks"):
        Relations.mean([Relations(("a",), np.ones((1, 1)), "x"), Relations(("b",), np.ones((1, 1)), "x")])
    with pytest.raises(ValueError, match="Columns should be the tasks. Found y, z"):
        _ = Relations(("a",), np.ones((1, 2)), "x", ("y", "z")).mutual
    with pytest.raises(ValueError, match="`every` should be at least 1"):
        Watched(springs(), TASKS, every=0)


def test_the_mean_is_over_what_is_known():
    found = [Relations(("a",), np.array([[value]]), "x") for value in (1.0, np.nan, 3.0)]
    assert Relations.mean(found).matrix.tolist() == [[2.0]]
    assert np.isnan(Relations.mean(found[1:2]).matrix).all()


def test_as_json():
    told = Relations(("a",), np.array([[0.5, np.nan]]), "x", ("s", "t")).to_json_dict()
    assert told == {"what": "x", "tasks": ["a"], "sources": ["s", "t"], "matrix": [[0.5, None]]}


def test_mutual_is_the_mean_of_both_directions():
    assert Relations(("a", "b"), np.array([[1.0, 2.0], [4.0, 1.0]]), "x").mutual.tolist() == [[1, 3], [3, 1]]


def test_shares_of_what_a_task_has_of_itself():
    found = Relations(("a", "b", "c"), np.array([[2.0, 1, -1], [1, 0.5, 0], [3, 3, 0]]), "x").of_own()
    np.testing.assert_allclose(found.matrix, [[1, 0.5, -0.5], [2, 1, 0], [np.nan] * 3])


def options(epochs: int = 5) -> TrainerOptions:
    return TrainerOptions(epochs=epochs, learning_rate=3e-3, patience=None)


def test_watching_changes_nothing():
    family = planted_family(0, rows=200)
    plain, seen = (FamilyNet(family, seed=1, dropout=0.2) for _ in range(2))
    watched = Watched(seen, family.tasks, every=2)
    for model in (plain, watched):
        Trainer(options(2), loss_scale=64).fit(model, FamilyRows(family))
    assert all(map(torch.equal, plain.state_dict().values(), seen.state_dict().values()))
    assert np.isfinite(watched.cosine.matrix).all() and np.isfinite(watched.affinity.matrix).all()


def test_watching_can_be_rarer():
    family = planted_family(0, rows=200)
    watched = Watched(FamilyNet(family, seed=1), family.tasks, every=1000)
    Trainer(options(1), loss_scale=64).fit(watched, FamilyRows(family))
    with pytest.raises(ValueError, match="no batch has been looked at"):
        _ = watched.cosine


def relations_of(seed: int, *, trainings: int, one_head: bool = False) -> tuple[Relations, Relations]:
    family = planted_family(seed)
    seen = [
        Watched(FamilyNet(family, seed=100 * seed + k, one_head=one_head), family.tasks, every=4)
        for k in range(trainings)
    ]
    for watched in seen:
        Trainer(options(), loss_scale=64).fit(watched, FamilyRows(family))
    return Relations.mean([one.cosine for one in seen]), Relations.mean([one.affinity for one in seen])


def test_planted_overlap_is_found_where_tasks_have_heads_of_their_own():
    found = [relations_of(seed, trainings=2) for seed in range(10)]
    for kind in range(2):
        matches = [rank_correlation(found[seed][kind], planted_family(seed).overlap) for seed in range(10)]
        assert np.mean(matches) >= 0.8, matches


def test_planted_correlation_is_found_where_tasks_share_an_output():
    found = [relations_of(seed, trainings=1, one_head=True) for seed in range(10)]
    for kind in range(2):
        matches = [rank_correlation(found[seed][kind], planted_family(seed).cosine) for seed in range(10)]
        assert np.mean(matches) >= 0.8, matches


def test_at_the_end_of_a_training_gradients_of_two_tasks_cancel():
    """Why relations are read while a model learns: two tasks that are nearly the same, at the minimum of their sum."""
    model = Springs(a=(1.0, 0.0), b=(1.0, 0.1))
    with torch.no_grad():
        model.point.copy_(torch.tensor([1.0, 0.05]))
    assert gradient_cosine(model, [1], ("a", "b")).matrix[0, 1] == pytest.approx(-1)
