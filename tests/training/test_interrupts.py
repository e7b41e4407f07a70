import os
import signal
import threading

import pytest

from kt_fewshot.training.interrupts import Interrupts

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture
def raises_on_signal():
    """SIGTERM raises, as SIGINT does, instead of ending the tests."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@BOTH
@pytest.mark.usefixtures("raises_on_signal")
def test_the_first_is_a_wish_and_the_second_acts(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:
        assert not interrupts.requested
        os.kill(os.getpid(), number)
        assert interrupts.requested
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


@BOTH
def test_signals_are_given_back(number):
    before = signal.getsignal(number)
    with Interrupts():
        assert signal.getsignal(number) is not before
    assert signal.getsignal(number) is before


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            os.kill(os.getpid(), signal.SIGINT)
        assert not interrupts.requested
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_leaves_signals_alone():
    found = []

    def work():
        with Interrupts():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGINT)]
