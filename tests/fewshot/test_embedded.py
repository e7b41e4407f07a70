"""Features in place of examples give the same predictions; methods that look at whole batches are left alone."""

from dataclasses import replace

import pytest
import torch

from kt_fewshot.data import ClassImages
from kt_fewshot.encoders import make_encoder
from kt_fewshot.fewshot import EpisodePlan, Method, embedded, features, method_class


def data() -> ClassImages:
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (60, 1, 16, 16), dtype=torch.uint8, generator=generator)
    return ClassImages(x, torch.arange(60) % 6, tuple("abcdef"), mean=(0.3,), std=(0.2,))


def method(name: str) -> Method:
    torch.manual_seed(0)
    made = method_class(name)(make_encoder("conv4", (1, 16, 16), {"hidden": 4}), {})
    episode = EpisodePlan(5, 1, n_query=3, tasks=2).sampler(data()).draw(0)
    made.encoder(episode.query.x.flatten(0, 1))  # running statistics
    return made.eval()


@pytest.mark.parametrize("name", ["protonet", "simpleshot", "relationnet", "ridge", "soft-kmeans"])
@torch.no_grad()
def test_predictions_are_the_same(name):
    whole, plan = method(name), EpisodePlan(5, 2, n_query=3, tasks=4)
    light, of_features = embedded(whole, data())
    one, other = plan.sampler(data(), seed=3).draw(0), plan.sampler(of_features, seed=3).draw(0)
    assert torch.equal(one.query_items, other.query_items)
    torch.testing.assert_close(
        light.adapt(other.support, 5)(other.query.x), whole.adapt(one.support, 5)(one.query.x), rtol=1e-4, atol=1e-4
    )


def test_the_method_stays_as_it_was():
    whole = method("protonet")
    encoder = whole.encoder
    light, _ = embedded(whole, data())
    assert whole.encoder is encoder
    assert light.encoder is not encoder


def test_in_training_and_with_statistics_of_the_batch_nothing_changes():
    kept = data()
    for made in (method("protonet").train(), method("maml")):
        assert embedded(made, kept) == (made, kept)


def test_features_of_some_items():
    whole, kept = method("protonet"), replace(data(), sources=torch.arange(60))
    some = features(whole, kept, torch.tensor([5, 1]))
    torch.testing.assert_close(some, embedded(whole, kept)[1].x[[5, 1]], rtol=1e-4, atol=1e-5)
    assert torch.equal(embedded(whole, kept)[1].sources, kept.sources)
