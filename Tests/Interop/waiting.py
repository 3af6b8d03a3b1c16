"""Waiting for what another process does."""

import time


def eventually(what, condition, seconds=60):
    """The first true value of `condition`; fails when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"this did not come about within {seconds} s: {what}")
