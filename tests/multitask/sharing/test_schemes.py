"""What each scheme does that the others do not."""

import pytest
import torch
from torch import Tensor, nn

from kt_fewshot.encoders import LSTM, Layer, Memoryless
from kt_fewshot.multitask import make_sharing
from kt_fewshot.multitask.sharing.attention import Attention
from kt_fewshot.multitask.sharing.cross_stitch import CrossStitch
from kt_fewshot.multitask.sharing.hierarchical import Hierarchical
from kt_fewshot.multitask.sharing.mmoe import MMoE
from kt_fewshot.multitask.sharing.soft import Soft

TASKS = ("low", "middle", "high")


def dense() -> list[Layer]:
    return [Memoryless(nn.Sequential(nn.Linear(3, 5), nn.Tanh())), Memoryless(nn.ReLU()), Memoryless(nn.Linear(5, 4))]


def recurrent() -> list[Layer]:
    return [Memoryless(nn.Linear(3, 16)), LSTM(4)]


def rows(*shape: int) -> Tensor:
    return torch.randn(*shape, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("tower", "x"), [(dense, rows(6)), (recurrent, rows(6, 5))])
def test_cross_stitch_at_identity_is_separate_towers(tower: type, x: Tensor) -> None:
    torch.manual_seed(0)
    stitched = CrossStitch(tower, TASKS, width=4, own=1.0, frozen=True).double()
    separate = Soft(tower, TASKS, width=4, tie=0.0).double()
    separate.towers.load_state_dict(stitched.towers.state_dict())
    optimizers = [torch.optim.Adam(m.parameters(), lr=0.01) for m in (stitched, separate)]
    for _ in range(3):
        found = [m(x, m.start(6))[0] for m in (stitched, separate)]
        for one, two in zip(*found, strict=True):
            assert torch.equal(one, two)
        for views, optimizer in zip(found, optimizers, strict=True):
            optimizer.zero_grad()
            torch.stack([(k + 1) * view.square().sum() for k, view in enumerate(views)]).sum().backward()
            optimizer.step()


def test_stitches_mix_after_layers_that_learn() -> None:
    stitched = CrossStitch(dense, ("a", "b"), width=4, own=0.75).double()
    assert stitched.stitches.shape == (2, 2, 2)  # the ReLU between has none
    torch.testing.assert_close(stitched.mixing(), torch.tensor([[0.75, 0.25], [0.25, 0.75]], dtype=torch.float64))
    one, two = torch.ones(2, 4, dtype=torch.float64), torch.zeros(2, 4, dtype=torch.float64)
    mixed = stitched.mix(0, [one, two])
    torch.testing.assert_close(mixed[0], 0.75 * one)
    torch.testing.assert_close(mixed[1], 0.25 * one)
    assert stitched.mix(1, [one, two])[0] is one
    with pytest.raises(ValueError, match=r"`own` should be in \[0, 1\]"):
        CrossStitch(dense, TASKS, width=4, own=1.5)


def test_soft_towers_start_equal_and_are_drawn_together() -> None:
    soft = Soft(dense, ("a", "b"), width=4, tie=2.0).double()
    penalty = soft.penalty()
    assert penalty is not None
    assert penalty.item() == pytest.approx(0)
    with torch.no_grad():
        next(iter(soft.towers[0].parameters())).add_(1.0)
    penalty = soft.penalty()
    assert penalty is not None
    assert penalty.item() == pytest.approx(2.0 / 2 * 15 * (0.5**2 + 0.5**2))  # 15 weights, half a unit off
    penalty.backward()
    first = next(iter(soft.towers[0].parameters()))
    torch.testing.assert_close(first.grad, torch.full_like(first, 2.0 * 0.5))


def test_groups_have_a_tower_each() -> None:
    soft = Soft(dense, TASKS, width=4, groups={"low": "behaviour", "middle": "behaviour"})
    assert soft.tower_names() == ("behaviour", "high")
    assert [soft.view(task) for task in TASKS] == [0, 0, 1]
    assert {id(p) for p in soft.shared_parameters()} == {id(p) for p in soft.towers[0].parameters()}
    with pytest.raises(ValueError, match="Found also: lowest"):
        Soft(dense, TASKS, width=4, groups={"lowest": "x"})
    with pytest.raises(ValueError, match="`tie` should be at least 0"):
        Soft(dense, TASKS, width=4, tie=-1)


def test_low_tasks_feed_high_ones_and_not_the_other_way() -> None:
    scheme = Hierarchical(dense, TASKS, width=4).double()
    separate, _ = scheme(rows(6), scheme.start(6))
    towers = [tower[2](tower[1](tower[0](rows(6), ())[0], ())[0], ())[0] for tower in scheme.towers]  # pyright: ignore
    assert all(torch.equal(one, two) for one, two in zip(separate, towers, strict=True)), "maps start at zero"
    for linear in scheme.from_below:
        nn.init.normal_(linear.weight)  # pyright: ignore
    found, _ = scheme(rows(6), scheme.start(6))
    for k, view in enumerate(found):
        heard = torch.autograd.grad(view.sum(), list(scheme.towers.parameters()), allow_unused=True, retain_graph=True)
        reached = [gradient is not None for gradient in heard]
        assert reached == [True] * 4 * (k + 1) + [False] * 4 * (2 - k)
    mixing = scheme.mixing()
    assert mixing is not None
    assert mixing.triu(1).abs().sum() == 0
    assert mixing.tril(-1).count_nonzero() == 3


@pytest.mark.parametrize("kind", [Attention, MMoE])
def test_combinations_are_convex(kind: type) -> None:
    scheme = kind(dense, TASKS, width=4).double()
    values = [torch.full((6, 4), float(k), dtype=torch.float64) for k in range(3)]
    for view in scheme.combine(values):
        assert (view > 0).all()
        assert (view < 2).all()
    for _ in range(5):
        scheme(rows(6), scheme.start(6))
    torch.testing.assert_close(scheme.mixing().sum(1), torch.ones(3, dtype=torch.float64))
    before = scheme.mixing().clone()
    scheme.eval()(rows(6), scheme.start(6))
    assert torch.equal(before, scheme.mixing())


def test_attention_can_ignore_a_task() -> None:
    scheme = Attention(dense, TASKS, width=4).double()
    with torch.no_grad():
        scheme.preference[:, 2] = -50.0
    values = [torch.randn(6, 4, dtype=torch.float64) for _ in range(3)]
    before = scheme.combine(values)[:2]
    after = scheme.combine([*values[:2], values[2] + 1])[:2]
    for one, two in zip(before, after, strict=True):
        torch.testing.assert_close(one, two)


def test_experts_belong_to_no_task() -> None:
    scheme = make_sharing("mmoe", dense, TASKS, width=4, options={"experts": 2})
    assert scheme.tower_names() == ("expert 1", "expert 2")
    assert len(scheme(rows(6).float(), scheme.start(6))[0]) == 3
    with pytest.raises(ValueError, match="`experts` should be at least 1"):
        MMoE(dense, TASKS, width=4, experts=0)
