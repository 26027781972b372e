"""waiting - a state that must become true, watched with a deadline.

SPDX-License-Identifier: MIT
"""
import os
import time

# A sanitizer's build is slower; CARILLON_PATIENCE stretches each deadline.
PATIENCE = float(os.environ.get("CARILLON_PATIENCE", "1"))


class TooLate(AssertionError):
    """What was waited for did not come in time."""


def deadline(seconds):
    return time.monotonic() + seconds * PATIENCE


def until(what, seconds, state, every=0.02):
    """Calls state() until it answers something true; returns that."""
    end = deadline(seconds)
    while True:
        value = state()
        if value:
            return value
        if time.monotonic() > end:
            raise TooLate(f"{what}: not within {seconds} s, last {value!r}")
        time.sleep(every)


def stays(seconds, state, every=0.02):
    """True when state() stayed true all the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not state():
            return False
        time.sleep(every)
    return True
