"""Tests of heads fitted on the spot: against their definitions and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC
from torch import Tensor

from kt_fewshot.multitask import (
    AttentionHead,
    HeadFitter,
    LogisticHead,
    PrototypeHead,
    RelationHead,
    RidgeHead,
    SoftKMeansHead,
    SVMHead,
    class_means,
    squared_distances,
)

TASKS, WAY, SHOT, QUERIES, WIDTH = 2, 3, 4, 5, 6
HEADS = {
    "prototype": PrototypeHead,
    "ridge": RidgeHead,
    "logistic": LogisticHead,
    "svm": SVMHead,
    "attention": AttentionHead,
    "relation": lambda: RelationHead(WIDTH),
    "soft k-means": SoftKMeansHead,
}


@pytest.fixture(params=HEADS)
def head(request: pytest.FixtureRequest) -> HeadFitter:
    torch.manual_seed(0)
    return HEADS[request.param]().double()


def task(seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Features and labels of a support, features of queries."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(WAY).repeat(SHOT).expand(TASKS, -1)
    centre = torch.randn(TASKS, WAY, WIDTH, generator=generator, dtype=torch.float64)
    features = centre.gather(1, y[..., None].expand(-1, -1, WIDTH))
    noise = torch.randn(features.shape, generator=generator, dtype=torch.float64)
    return features + noise, y, torch.randn(TASKS, QUERIES, WIDTH, generator=generator, dtype=torch.float64)


def test_prototypes_by_hand() -> None:
    features = torch.tensor([[[0.0, 0.0], [2.0, 0.0], [0.0, 3.0]]])
    fitted = PrototypeHead()(features, torch.tensor([[0, 0, 1]]), 2)
    torch.testing.assert_close(fitted(torch.tensor([[[1.0, 1.0]]])), torch.tensor([[[-1.0, -5.0]]]))


def test_class_means_leave_out_what_is_masked() -> None:
    features = torch.tensor([[[1.0], [3.0], [100.0]]])
    means = class_means(features, torch.tensor([[0, 0, 0]]), 2, torch.tensor([[True, True, False]]))
    torch.testing.assert_close(means, torch.tensor([[[2.0], [0.0]]]))


def test_squared_distances() -> None:
    a, b = torch.randn(2, 3, 4, dtype=torch.float64), torch.randn(2, 5, 4, dtype=torch.float64)
    torch.testing.assert_close(squared_distances(a, b), torch.cdist(a, b) ** 2)


def test_ridge_is_scikit_learns() -> None:
    features, y, queries = task()
    head = RidgeHead().double()
    head.log_strength.data.fill_(np.log(0.7))
    said = head(features, y, WAY)(queries)[1].detach().numpy()
    x, q = (np.c_[part[1], np.ones(len(part[1]))] for part in (features.numpy(), queries.numpy()))
    ridge = Ridge(alpha=0.7, fit_intercept=False).fit(x, np.eye(WAY)[y[1]])
    np.testing.assert_allclose(said, ridge.predict(q), atol=1e-10)


def test_logistic_is_scikit_learns() -> None:
    features, y, queries = task()
    head = LogisticHead(steps=2000).double()
    head.log_strength.data.fill_(np.log(0.5))
    said = head(features, y, WAY)(queries)[0].softmax(-1).detach().numpy()
    x, q = (np.c_[part[0], np.ones(len(part[0]))] for part in (features.numpy(), queries.numpy()))
    model = LogisticRegression(C=1 / 0.5, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(x, y[0])
    np.testing.assert_allclose(said, model.predict_proba(q), atol=1e-5)


def test_a_few_steps_of_the_logistic_head_are_nearly_all() -> None:
    features, y, queries = task()
    few, many = (LogisticHead(steps).double()(features, y, WAY)(queries).softmax(-1) for steps in (15, 1000))
    torch.testing.assert_close(few, many, atol=0.02, rtol=0)


def test_svm_is_scikit_learns() -> None:
    features, y, queries = task()
    head = SVMHead().double()
    said = head(features, y, WAY)(queries)[0].detach().numpy()
    x, q = (np.c_[part[0], np.ones(len(part[0]))] for part in (features.numpy(), queries.numpy()))
    # scikit-learn minimises |w|^2 / 2 + C sum of squared hinges; ours has half of the sum and l = 1
    model = LinearSVC(C=0.5, loss="squared_hinge", fit_intercept=False, tol=1e-10, max_iter=100_000).fit(x, y[0])
    np.testing.assert_allclose(said, model.decision_function(q), atol=1e-4)


def test_gradients_by_finite_differences(head: HeadFitter) -> None:
    features, y, queries = task()
    features.requires_grad_()
    assert torch.autograd.gradcheck(lambda f, q: head(f, y, WAY)(q), (features, queries.requires_grad_()), atol=1e-6)


def test_gradient_reaches_every_parameter(head: HeadFitter) -> None:
    features, y, queries = task()
    features.requires_grad_()
    head(features, y, WAY)(queries).log_softmax(-1)[..., 0].sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in head.parameters())


def test_order_of_the_support_changes_nothing(head: HeadFitter) -> None:
    features, y, queries = task()
    order = torch.randperm(WAY * SHOT, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(head(features[:, order], y[:, order], WAY)(queries), head(features, y, WAY)(queries))


def test_permuted_classes_permute_the_scores(head: HeadFitter) -> None:
    features, y, queries = task()
    new = torch.tensor([2, 0, 1])
    torch.testing.assert_close(head(features, new[y], WAY)(queries)[..., new], head(features, y, WAY)(queries))


def test_masked_examples_change_nothing(head: HeadFitter) -> None:
    features, y, queries = task()
    filling = torch.full((TASKS, 2, WIDTH), 7.0, dtype=torch.float64)
    mask = torch.ones(TASKS, WAY * SHOT + 2, dtype=torch.bool)
    mask[:, -2:] = False
    filled = torch.cat([features, filling], 1), torch.cat([y, torch.zeros(TASKS, 2, dtype=torch.long)], 1)
    torch.testing.assert_close(head(*filled, WAY, mask)(queries), head(features, y, WAY)(queries))


def test_tasks_do_not_see_each_other(head: HeadFitter) -> None:
    features, y, queries = task()
    together = head(features, y, WAY)(queries)
    torch.testing.assert_close(head(features[1:], y[1:], WAY)(queries[1:]), together[1:])


def test_attention_gives_nothing_to_a_class_without_examples() -> None:
    features, y, queries = task()
    said = AttentionHead().double()(features, y, WAY + 1)(queries).softmax(-1)
    assert float(said[..., WAY].detach().max()) < 1e-12


def test_queries_move_the_prototypes_of_soft_k_means() -> None:
    features, y, queries = task()
    fitted = SoftKMeansHead().double()(features, y, WAY)
    assert not torch.allclose(fitted(queries)[:, :1], fitted(queries[:, :1]))
