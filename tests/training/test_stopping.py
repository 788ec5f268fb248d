"""Requests to stop."""

import signal

from photochrom.training.stopping import StopSignal


def test_a_signal_asks_to_stop_and_is_given_back_afterwards():
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with StopSignal() as stopping:
        assert stopping.received == 0
        signal.raise_signal(signal.SIGTERM)
        assert stopping.received == signal.SIGTERM
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL  # a second one ends the process at once
    assert {number: signal.getsignal(number) for number in usual} == usual
