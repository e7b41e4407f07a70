"""Tests of the multi-skill rule."""

import torch

from kt_fewshot.data import SkillSets, mean_over_skills

SETS = SkillSets.of([[2], [1, 3], [], [1, 2, 3]])


def test_a_set_is_the_mean_of_its_skills() -> None:
    rows = torch.tensor([[0.0, 7.0], [3.0, 0.0], [6.0, 3.0], [9.0, 6.0]])
    mean = mean_over_skills(rows, SETS)
    torch.testing.assert_close(mean, torch.tensor([[6.0, 3.0], [6.0, 3.0], [0.0, 7.0], [6.0, 3.0]]))


def test_one_value_a_skill() -> None:
    assert mean_over_skills(torch.tensor([5.0, 3.0, 6.0, 9.0]), SETS).tolist() == [6, 6, 5, 6]


def test_no_set_is_empty() -> None:
    assert SETS.members.tolist() == [[2, -1, -1], [1, 3, -1], [0, -1, -1], [1, 2, 3]]
    assert SkillSets.of([]).members.tolist() == [[0]]


def test_single_names_the_skill_of_one_skill_sets_only() -> None:
    assert SETS.single().tolist() == [2, -1, -1, -1]


def test_gradient_is_shared_equally() -> None:
    rows = torch.ones(4, requires_grad=True)
    mean_over_skills(rows, SETS)[3].backward()
    torch.testing.assert_close(rows.grad, torch.tensor([0, 1 / 3, 1 / 3, 1 / 3]))
