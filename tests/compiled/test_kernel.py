"""Tests of calling compiled functions."""

from pathlib import Path

import pytest
import torch

from kt_fewshot.compiled import Kernel


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """A function that adds a number to each of a tensor's, and says whether it was given another."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = tmp_path / "plus.cpp"
    source.write_text(
        "#include <stdint.h>\n"
        "struct Call { int64_t n, much; float *x, *other; };\n"
        'extern "C" int plus(const Call* c) { for (int k = 0; k < c->n; k++) c->x[k] += c->much; return !!c->other; }\n'
    )
    found = Kernel(source, numbers=("n", "much"), tensors=("x", "other"))
    if not found.is_there():
        pytest.skip("there is no C++ compiler")
    return found


def test_numbers_and_tensors_arrive(kernel: Kernel):
    x = torch.tensor([1.0, 2.0])
    assert kernel.run("plus", 2, 5, x=x) == 0
    assert x.tolist() == [6, 7]
    assert kernel.run("plus", 0, 0, other=x) == 1


def test_a_tensor_of_another_name_is_refused(kernel: Kernel):
    with pytest.raises(TypeError, match=r"plus.cpp` knows no y"):
        kernel.run("plus", 0, 0, y=torch.zeros(1))


def test_a_tensor_that_lies_otherwise_is_refused(kernel: Kernel):
    with pytest.raises(ValueError, match="wants `x` contiguous and on the CPU"):
        kernel.run("plus", 0, 0, x=torch.zeros(2, 3).t())
    with pytest.raises(ValueError, match="wants `x` contiguous and on the CPU"):
        kernel.run("plus", 0, 0, x=torch.zeros(2, device="meta"))
