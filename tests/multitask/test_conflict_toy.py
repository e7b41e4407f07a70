"""Two quadratics at war: the plain sum ends where theory says, worse for one; aggregators end well for both."""

import pytest

from kt_fewshot.multitask.conflicts import TwoQuadratics, descend

BEFORE = {"steep": 5.0, "flat": 1.0}


def test_losses_on_paper() -> None:
    assert {name: float(loss.total.detach()) for name, loss in TwoQuadratics().losses().items()} == BEFORE


def test_the_plain_sum_makes_one_task_worse() -> None:
    toy = TwoQuadratics()
    after = descend(toy, "sum")
    assert toy.point.tolist() == pytest.approx(toy.end_of_sum(), abs=1e-6)
    assert toy.end_of_sum() == pytest.approx((4 / 6, 0))
    assert after["flat"] == pytest.approx(2 * (5 / 6) ** 2)
    assert after["flat"] > 1.3 * BEFORE["flat"]


def test_the_shortest_vector_ends_where_theory_says() -> None:
    toy = TwoQuadratics()
    after = descend(toy, "mgda")
    x, _ = toy.end_of_shortest()
    assert 2.5 * (x - 1) ** 2 - 0.5 * (x + 1) ** 2 == pytest.approx(4)
    assert toy.point.tolist() == pytest.approx((x, 0), abs=0.01)
    assert after["steep"] - after["flat"] == pytest.approx(4, abs=0.05)


@pytest.mark.parametrize("balancing", ["dualproj", "mgda", "pcgrad", "upgrad"])
def test_aggregators_end_between_with_no_task_worse(balancing: str) -> None:
    toy = TwoQuadratics()
    after = descend(toy, balancing)
    x, y = toy.point.tolist()
    assert abs(y) < 1e-3
    assert -1 < x < 1
    assert all(after[name] < 0.99 * BEFORE[name] for name in BEFORE)


@pytest.mark.parametrize("balancing", ["sum", "pcgrad", "upgrad"])
def test_tasks_that_agree_are_left_in_peace(balancing: str) -> None:
    toy = TwoQuadratics(agree=True)
    descend(toy, balancing)
    assert toy.point.tolist() == pytest.approx(toy.end_of_sum(), abs=1e-3)
