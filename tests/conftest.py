"""What every test stands on: one thread, a device by name, real data only where it lies."""

import os
import signal
from pathlib import Path

import pytest
import torch
from hypothesis import settings

pytest.register_assert_rewrite("_asserts")

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what it puts in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

torch.set_num_threads(1)  # workers share the machine, and one thread adds up in one order


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `gpu` where there is none."""
    if torch.cuda.is_available():
        return
    no_gpu = pytest.mark.skip(reason="needs a CUDA device")
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(no_gpu)


@pytest.fixture(scope="session")
def device() -> torch.device:
    """Where tensors live: environment variable KT_DEVICE, the CPU unless told."""
    return torch.device(os.environ.get("KT_DEVICE", "cpu"))


@pytest.fixture(scope="session")
def kt_data() -> Path:
    """The folder of real data sets, environment variable KT_DATA; tests that ask for it skip where it is not set."""
    folder = os.environ.get("KT_DATA")
    if not folder:
        pytest.skip("needs real data: set KT_DATA to its folder")
    return Path(folder)
