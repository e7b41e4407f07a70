import pytest
import torch

from kt_fewshot.training import autocast
from kt_fewshot.training.precision import chosen_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("asked", "kind"), [("auto", torch.float32), ("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_the_choice_is_honoured_on_the_cpu(asked, kind):
    x = torch.ones(2, 2)
    with autocast(asked, CPU):
        assert (x @ x).dtype == kind
    assert (x @ x).dtype == torch.float32


@pytest.mark.parametrize(("able", "expected"), [(True, "bf16"), (False, "fp32")])
def test_auto_takes_bf16_on_cuda_that_has_it(monkeypatch, able, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: able)
    assert chosen_precision("auto", torch.device("cuda")) == expected
    assert chosen_precision("fp32", torch.device("cuda")) == "fp32"
