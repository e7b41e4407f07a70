"""Logs made worse at random are read right, or refused in one line. `benchmarks/fuzz_readers.py` runs for longer."""

from pathlib import Path

import pytest
from _fuzz import Fuzzer, samples

from kt_fewshot.data.readers import READERS

INPUTS = 3
"""Bad logs made of each sample file."""


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Fuzzer:
    return Fuzzer(tmp_path_factory.mktemp("logs"))


def test_every_format_has_a_sample():
    assert {sample.card for sample in samples()} >= set(READERS)


@pytest.mark.parametrize("sample", range(len(samples())), ids=lambda at: f"{samples()[at].card}/{samples()[at].victim}")
def test_a_sound_log_is_read(fuzzer: Fuzzer, sample: int):
    assert fuzzer.check_sound(sample) != "refused"


@pytest.mark.parametrize("number", range(INPUTS * len(samples())))
def test_a_bad_log_is_read_right_or_refused_in_one_line(fuzzer: Fuzzer, number: int):
    fuzzer.check(number)


def test_the_same_number_is_the_same_log(fuzzer: Fuzzer, tmp_path: Path):
    again = Fuzzer(tmp_path)
    assert [fuzzer.make(number) for number in range(20)] == [again.make(number) for number in range(20)]
