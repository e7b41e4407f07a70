import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kt_fewshot.training import mix, own_randomness, seed_generators

CPU = torch.device("cpu")
WHOLE = st.integers(0, 2**40)


@given(WHOLE, st.lists(WHOLE, max_size=3))
def test_a_seed_torch_takes(seed, numbers):
    found = mix(seed, *numbers)
    assert 0 <= found < 2**63
    assert found == mix(seed, *numbers)
    torch.Generator().manual_seed(found)


def test_neighbours_share_no_seed():
    seeds = {mix(seed, step) for seed in range(100) for step in range(100)}
    assert len(seeds) == 10_000
    assert len({seed & 0xFFFFFFFF for seed in seeds}) > 9_980  # the CPU's generator looks at 32 bits only
    assert len({mix(0), mix(0, 0), mix(0, 0, 0), mix(0, 1, 2), mix(0, 2, 1), mix(1, 0)}) == 6


def test_the_first_splitmix64_numbers():
    # The generator of Steele, Lea and Flood started at 0 gives 0xE220A8397B1DCDAF first (reference implementation).
    assert mix(0) == 0xE220A8397B1DCDAF >> 1


def test_the_caller_s_generator_comes_out_as_it_went_in():
    before = torch.get_rng_state()
    with pytest.raises(KeyError), own_randomness(CPU):
        seed_generators(3, CPU)
        torch.rand(10)
        raise KeyError
    assert torch.equal(torch.get_rng_state(), before)


def test_the_seed_decides():
    with own_randomness(CPU):
        seed_generators(3, CPU)
        first = torch.rand(4)
        seed_generators(3, CPU)
        assert torch.equal(torch.rand(4), first)
        seed_generators(4, CPU)
        assert not torch.equal(torch.rand(4), first)
