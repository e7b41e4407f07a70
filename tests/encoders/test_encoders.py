"""Tests that hold for every registered encoder."""

import pytest
import torch

from kt_fewshot.encoders import ENCODERS, Encoder, encoder_class, make_encoder

SHAPES = {"conv4": (2, 17, 33), "lstm": (6, 3), "mlp": (2, 4), "resnet12": (3, 20, 16)}


@pytest.fixture(params=sorted(ENCODERS))
def encoder(request: pytest.FixtureRequest) -> Encoder:
    torch.manual_seed(0)
    return make_encoder(request.param, SHAPES[request.param], {"hidden": 8})


def examples(encoder: Encoder, n: int = 3) -> torch.Tensor:
    return torch.randn(n, *encoder.made_as["shape"], generator=torch.Generator().manual_seed(1))


def test_names_are_the_keys() -> None:
    assert all(encoder_class(name).name == name for name in ENCODERS)
    assert set(SHAPES) == set(ENCODERS)


def test_features_are_as_wide_as_said(encoder: Encoder) -> None:
    assert encoder(examples(encoder)).shape == (3, encoder.width)


def test_gradient_reaches_every_weight(encoder: Encoder) -> None:
    (encoder(examples(encoder)) ** 2).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in encoder.parameters())


def test_examples_do_not_see_each_other_after_training(encoder: Encoder) -> None:
    encoder.eval()
    x = examples(encoder)
    torch.testing.assert_close(encoder(x[:1]), encoder(x)[:1])


def test_made_again_it_is_the_same(encoder: Encoder) -> None:
    again = make_encoder(**encoder.made_as)
    again.load_state_dict(encoder.state_dict())
    x = examples(encoder)
    assert torch.equal(again.eval()(x), encoder.eval()(x))


def test_conv4_is_the_published_network() -> None:
    encoder = make_encoder("conv4", (3, 84, 84))
    assert encoder.width == 1600
    assert sum(p.numel() for p in encoder.parameters()) == 3 * 9 * 64 + 3 * (64 * 9 * 64) + 4 * 3 * 64


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("conv4", (1, 8, 28), r"conv4 needs images of \(channels, height, width\), sides >= 16. Found \(1, 8, 28\)."),
        ("resnet12", (28, 28), r"resnet12 needs images"),
        ("lstm", (3,), r"lstm needs sequences of \(time, width\). Found \(3,\)."),
    ],
)
def test_what_does_not_fit_is_refused(name: str, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_encoder(name, shape)


def test_mlp_needs_a_layer() -> None:
    with pytest.raises(ValueError, match="`depth` should be at least 1. Found `depth = 0`."):
        make_encoder("mlp", (3,), {"depth": 0})
