import pytest
import torch
from _together import (
    all_are_interrupted,
    all_go_well,
    ends_of_two_processes,
    no_loss_is_finite,
    the_first_fails,
    the_second_fails,
)

from kt_fewshot.training import Processes, joined


def test_alone_it_stays_alone(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "1")
    with joined() as processes:
        assert processes == Processes()
    assert not torch.distributed.is_initialized()


@pytest.mark.parametrize(
    ("scenario", "ends"),
    [
        (all_go_well, ["nothing of 2", "nothing of 2"]),
        (all_are_interrupted, ["Interrupted", "SystemExit"]),
        (no_loss_is_finite, ["TrainingError", "SystemExit"]),
        (the_first_fails, ["ValueError", "SystemExit"]),
        (the_second_fails, ["SystemExit", "ValueError"]),
    ],
)
def test_one_tells_and_the_other_leaves_silently(tmp_path, scenario, ends):
    assert ends_of_two_processes(tmp_path, scenario) == ends
