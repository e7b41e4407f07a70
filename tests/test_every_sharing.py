"""What holds for every sharing scheme, over every kind of encoder."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from kt_fewshot.encoders import LSTM, Encoder, Layer, Memoryless, make_encoder
from kt_fewshot.errors import KTError
from kt_fewshot.multitask import SHARINGS, Sharing, make_sharing
from kt_fewshot.multitask.sharing import sharing_class

TASKS = ("hints", "correct", "mastery")
SHAPES: dict[str, tuple[int, ...]] = {
    "conv4": (1, 16, 16),
    "linear": (5,),
    "lstm": (7, 3),
    "mlp": (5,),
    "resnet12": (1, 16, 16),
}
"""Encoder -> shape of an example; deep and shallow, for tables, images and sequences."""

EVERY_SHARING = pytest.mark.parametrize("name", list(SHARINGS))
EVERY_ENCODER = pytest.mark.parametrize("encoder", list(SHAPES))


def new_encoder(name: str) -> Encoder:
    if name == "linear":
        return Encoder([Memoryless(nn.Linear(SHAPES[name][0], 6))], 6)
    return make_encoder(name, SHAPES[name], {"hidden": 4})


def sharing_of(name: str, encoder: str, tasks: Sequence[str] = TASKS, **options: Any) -> Sharing:
    torch.manual_seed(1)
    width = new_encoder(encoder).width
    torch.manual_seed(0)
    sharing = make_sharing(name, lambda: list(new_encoder(encoder).layers), tasks, width=width, options=options)  # pyright: ignore[reportArgumentType]
    return sharing.double()


def examples(encoder: str, n: int = 4) -> Tensor:
    return torch.randn(n, *SHAPES[encoder], dtype=torch.float64, generator=torch.Generator().manual_seed(5))


def features(sharing: Sharing, x: Tensor) -> tuple[Tensor, ...]:
    return sharing(x, sharing.start(len(x)))[0]


def test_name_is_the_registered_one() -> None:
    for name in SHARINGS:
        assert sharing_class(name).name == name


def test_unknown_names_and_options_are_refused() -> None:
    with pytest.raises(KTError, match=r"Unknown sharing 'hart'\. Choose one of: attention, .*hard"):
        sharing_of("hart", "mlp")
    with pytest.raises(KTError, match=r"Sharing 'soft' has no option 'tye'\. It has: tie, groups\."):
        sharing_of("soft", "mlp", tye=1)
    with pytest.raises(KTError, match=r"Sharing 'hard' has no option 'tie'\. It has none\."):
        sharing_of("hard", "mlp", tie=1)
    with pytest.raises(KTError, match=r"Sharing 'soft': `tie` should be at least 0\. Found `tie = -1`\."):
        sharing_of("soft", "mlp", tie=-1)
    with pytest.raises(KTError, match="at least one task"):
        sharing_of("hard", "mlp", ())


@EVERY_SHARING
@EVERY_ENCODER
def test_every_task_gets_features(name: str, encoder: str) -> None:
    sharing = sharing_of(name, encoder)
    found = features(sharing, examples(encoder))
    assert len(found) == sharing.n_views
    assert all(0 <= sharing.view(task) < sharing.n_views for task in TASKS)
    assert all(view.shape == (4, sharing.width) for view in found)
    assert len(sharing.tower_names()) == len(sharing.towers)


@EVERY_SHARING
@EVERY_ENCODER
def test_gradient_reaches_every_weight(name: str, encoder: str) -> None:
    sharing = sharing_of(name, encoder)
    with torch.no_grad():
        for parameter in sharing.parameters():  # maps that start at zero let nothing through yet
            parameter += 0.1 * torch.randn_like(parameter)
    for _ in range(3):  # a weight behind a dead unit may need another draw of examples
        found = features(sharing, torch.randn_like(examples(encoder)))
        torch.stack([(view * torch.randn_like(view)).sum() for view in found]).sum().backward()
    idle = [n for n, parameter in sharing.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert not idle


@EVERY_SHARING
@EVERY_ENCODER
def test_company_is_irrelevant(name: str, encoder: str) -> None:
    sharing, x = sharing_of(name, encoder).eval(), examples(encoder)
    for together, alone in zip(features(sharing, x), features(sharing, x[:1]), strict=True):
        torch.testing.assert_close(together[:1], alone, rtol=1e-6, atol=1e-6)


@EVERY_SHARING
@EVERY_ENCODER
def test_one_task_alone_is_plain_training(name: str, encoder: str) -> None:
    options = {"experts": 1} if name == "mmoe" else {}
    sharing = sharing_of(name, encoder, ("correct",), **options)
    torch.manual_seed(0)
    plain = new_encoder(encoder).double()
    optimizers = [torch.optim.SGD(module.parameters(), lr=0.1) for module in (sharing, plain)]
    for step in range(3):
        x = examples(encoder) + step
        (shared,), own = features(sharing, x), plain(x)
        assert torch.equal(shared, own)
        for loss, optimizer in zip((shared.square().sum(), own.square().sum()), optimizers, strict=True):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert sharing.penalty() is None


@EVERY_SHARING
def test_weights_survive_saving(name: str) -> None:
    sharing = sharing_of(name, "lstm")
    features(sharing, examples("lstm"))  # in training mode: running means move
    twin = sharing_of(name, "lstm")
    twin.load_state_dict(sharing.state_dict())
    for one, two in zip(
        features(sharing.eval(), examples("lstm")), features(twin.eval(), examples("lstm")), strict=True
    ):
        assert torch.equal(one, two)


@EVERY_SHARING
def test_memory_is_carried(name: str) -> None:
    """A row read in two pieces gives what it gives in one, as far as layers remember."""

    def tower() -> list[Layer]:
        return [Memoryless(nn.Linear(3, 16)), LSTM(4)]

    torch.manual_seed(0)
    sharing = make_sharing(name, tower, TASKS, width=4).double().eval()
    x, reset = examples("lstm"), torch.zeros(4, 7, dtype=torch.bool)
    reset[1, 2] = reset[2, 5] = True
    whole, end = sharing(x, sharing.start(4), reset)
    first, between = sharing(x[:, :3], sharing.start(4), reset[:, :3])
    second, after = sharing(x[:, 3:], between, reset[:, 3:])
    for view, one, two in zip(whole, first, second, strict=True):
        torch.testing.assert_close(view, torch.cat([one, two], dim=1))
    for one, two in zip(end, after, strict=True):
        torch.testing.assert_close(one, two)


@EVERY_SHARING
def test_mixing_can_be_read(name: str) -> None:
    sharing = sharing_of(name, "mlp")
    mixing = sharing.mixing()
    assert mixing is None or mixing.shape == (len(TASKS), len(sharing.towers))
