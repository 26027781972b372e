"""A thousand carriers are registered and kept so; ten that fail, and twenty
whose registrar falls silent, change nothing for the rest.

SPDX-License-Identifier: MIT
"""
import time
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor

import pytest

from registrar import Registrar
from waiting import PATIENCE, until

COUNT = 1000
GRANTED = 10                            # seconds of a binding
SLOT = 0.01                             # between first REGISTERs
# With 64*T1 = 3.2 s the unanswered are given up before a binding is over.
SETTINGS = ("sip.t1_ms=50",)
WRONG, AWAY, MUTE, NAMELESS = range(3), range(3, 5), range(5, 8), range(8, 10)
QUIET = range(10, 30)                   # fall silent once they are bound
WELL = range(30, COUNT)


def user(n):
    return f"user{n:04}"


def each(pool, what, numbers):
    return list(pool.map(what, numbers))


def add_all(pool, server, registrar):
    """Makes the carriers over the API; their ids by number."""
    def add(n):
        fields = {"host": "registrar.invalid"} if n in NAMELESS else {}
        return server.carrier(
            registrar.port, name=f"carrier {n}", register=True,
            username=user(n), expires_s=600,
            password="wrong" if n in WRONG else "right", **fields)
    return each(pool, add, range(COUNT))


def busiest(times, seconds):
    """The most events within any such time."""
    times = sorted(times)
    return max(bisect_left(times, at + seconds) - n
               for n, at in enumerate(times))


def refreshed(registrar, n, times):
    return len(registrar.grants(user(n))) > times


def assert_kept(registrar, numbers):
    """Each was refreshed at its own time (docs/API.md: half of 10 s, or up to
    an eighth earlier), with the nonce it had: nobody was asked again."""
    latest = 0
    for n in numbers:
        seen = [s for s in registrar.seen[user(n)] if s.expires]
        assert [s.code for s in seen[:2]] == [401, 200], (n, seen)
        assert all(s.code == 200 for s in seen[1:]), (n, seen)
        assert [s.nc for s in seen[1:]] == list(range(1, len(seen))), n
        grants = registrar.grants(user(n))
        for before, after in zip(grants, grants[1:]):
            assert 3.7 <= after - before, (n, grants)
            latest = max(latest, after - before)
    assert latest <= 5 + 1 * PATIENCE
    return latest


def assert_spread(registrar):
    """Neither the beginning nor the refreshes come in a heap."""
    firsts = [registrar.seen[user(n)][0].at for n in WELL]
    assert busiest(firsts, 1) <= 1.3 / SLOT
    again = [registrar.grants(user(n))[1] for n in WELL]
    assert busiest(again, 1) <= 300


@pytest.mark.slow
def test_a_thousand_carriers(new_server, ports, stop_later, record_property):
    registrar = stop_later(Registrar(ports.one(), "right", GRANTED))
    registrar.turned_away.update(map(user, AWAY))
    registrar.ignored.update(map(user, MUTE))
    server = new_server(*SETTINGS)
    note = Notes(server, record_property)
    with ThreadPoolExecutor(8) as pool:
        ids = add_all(pool, server, registrar)
        note("posted")

        def states(numbers):
            return each(pool, lambda n: server.registration(ids[n]), numbers)

        until("all of them to be bound", 30, lambda: all(
            registrar.is_bound(user(n)) for n in (*QUIET, *WELL)), 0.1)
        note("registered")
        registrar.ignored.update(map(user, QUIET))
        assert {s["sip_registration"] for s in states(WELL)} == {"registered"}

        until("the silent ones to be past their expiry", 30,
              lambda: not any(registrar.is_bound(user(n)) for n in QUIET),
              0.1)
        until("two refreshes of all others", 20, lambda: all(
            refreshed(registrar, n, 2) for n in WELL), 0.1)
        note("refreshed")
        assert all(registrar.is_bound(user(n)) for n in WELL)
        for shown in states(WELL):
            assert shown["sip_registration"] == "registered", shown
            assert shown["last_code"] == 200, shown
        for shown in states(QUIET):
            assert shown["sip_registration"] == "failed", shown
            assert shown["last_code"] == 408, shown
        check_failing(states)
        note("asked")

    record_property("latest_refresh_s", assert_kept(registrar, WELL))
    assert_spread(registrar)
    for n in WRONG:                     # not asked for a password again
        assert len(registrar.seen[user(n)]) == 2
    server.stop()
    note.stopped()
    assert not any(registrar.is_bound(user(n)) for n in WELL)


def check_failing(states):
    for shown in states(WRONG):
        assert (shown["sip_registration"], shown["last_code"],
                shown["last_reason"]) \
            == ("rejected", 401, "wrong credentials"), shown
        assert not shown["next_attempt_at"], shown
    for numbers, code in ((AWAY, 503), (MUTE, 408), (NAMELESS, 503)):
        for shown in states(numbers):
            assert (shown["sip_registration"], shown["last_code"]) \
                == ("failed", code), shown
    assert "resolved" in states(NAMELESS)[0]["last_reason"]


class Notes:
    """What it cost, for the report."""

    def __init__(self, server, record_property):
        self.server, self.record = server, record_property
        self.start = self._now()
        self.last = self.start

    def _now(self):
        return time.monotonic(), self.server.cpu_seconds(), self.server.rss()

    def __call__(self, name):
        now = self._now()
        self.record(name, "%.1f s, CPU %.2f s, RSS %.1f MiB" % (
            now[0] - self.last[0], now[1] - self.last[1], now[2] / 2**20))
        self.last = now

    def stopped(self):
        self.record("stopped", "%.1f s" % (time.monotonic() - self.last[0]))
