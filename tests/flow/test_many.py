"""Many calls from one request: all of them exact, none lost.

SPDX-License-Identifier: MIT
"""
import os

import pytest

import judge
from waiting import until

COUNT = int(os.environ.get("CARILLON_MANY", "500"))


def ask(server, article, recipients, **fields):
    body = {"from": "me", "recipients": recipients,
            "playlist": [{"play": url} for url in article.urls]}
    body.update(fields)
    return server.post("/voice/call/play", body).accepted()["request_id"]


def rows_of(server, request_id):
    """All rows of the report, page after page."""
    rows, path = [], f"/voice/call/status/{request_id}?limit=200"
    while path:
        report = server.get(path).accepted()["report"]
        rows += report["recipients"]
        cursor = report.get("next")
        path = f"/voice/call/status/{request_id}?limit=200&cursor={cursor}" \
            if cursor else None
    return rows


@pytest.mark.slow
def test_all_calls_at_once_are_bit_exact(new_server, article, new_farend,
                                         record_property):
    server = new_server("limits.max_cps=1000",
                        "limits.max_channels=1000")
    far = new_farend()
    carrier_id = server.carrier(far.port)
    server.play("700", article.urls, carrier_id=carrier_id)   # warms prompts
    far.wait_calls(1, 30)
    before = server.cpu_seconds()
    numbers = [str(200000 + n) for n in range(COUNT)]
    request_id = ask(server, article, [{"to": n} for n in numbers],
                     carrier_id=carrier_id)
    report = server.wait_done(request_id, 120)
    judge.adds_up(report["totals"])
    assert report["totals"]["completed"] == COUNT, report["totals"]
    calls = [c for c in far.wait_calls(COUNT + 1, 30) if c.number in numbers]
    assert {c.number for c in calls} == set(numbers)
    assert len(calls) == COUNT                          # nobody twice
    assert max(c.figures["ack_at_ns"] for c in calls) < \
        min(c.figures["bye_at_ns"] for c in calls)      # all at once
    for call in calls:
        assert call.violations == []
        judge.heard_exactly(call.packets, "mulaw", article.samples)
    used = (server.cpu_seconds() - before) / COUNT * 1000
    record_property("cpu_ms_per_call", round(used, 2))
    print(f"CPU per call: {used:.2f} ms")
    assert [r["to"] for r in rows_of(server, request_id)] == numbers


@pytest.mark.threads
def test_sixty_calls_leave_nothing_behind(new_server, article, new_farend):
    server, far = new_server(), new_farend()
    carrier_id = server.carrier(far.port)
    server.wait_done(server.play("700", article.urls[:1],
                                 carrier_id=carrier_id))
    fds, threads = server.fds(), server.threads()
    request_id = ask(server, article, [{"to": str(2000 + n)}
                                       for n in range(60)],
                     carrier_id=carrier_id,
                     playlist=[{"play": article.urls[0]}])
    report = server.wait_done(request_id, 60)
    assert report["totals"]["completed"] == 60
    until("the descriptors to be closed", 15,
          lambda: server.fds() <= fds + 8, 0.1)
    assert server.threads() <= threads + 4


def test_one_fetch_serves_all_calls(server, article, new_farend):
    carrier_id = server.carrier(new_farend().port)
    request_id = ask(server, article, [{"to": str(8000 + n)}
                                       for n in range(20)],
                     carrier_id=carrier_id)
    assert server.wait_done(request_id, 30)["totals"]["completed"] == 20
    gets = [path for _, path, _ in article.files.requests]
    assert len(gets) == len(set(gets)) == 3, gets


def test_limit_of_a_carrier_makes_calls_wait(server, article, new_farend):
    far = new_farend()
    carrier_id = server.carrier(far.port, max_channels=2)
    request_id = ask(server, article, [{"to": str(9000 + n)}
                                       for n in range(6)],
                     carrier_id=carrier_id,
                     playlist=[{"play": article.urls[0]}])
    most = 0

    def done():
        nonlocal most
        report = server.report(request_id)
        totals = report["totals"]
        judge.adds_up(totals)
        most = max(most, totals["calling"] + totals["answered"])
        return report if report["state"] == "done" else None

    report = until("the job to be done", 40, done)
    assert report["totals"]["completed"] == 6
    assert most <= 2


def test_mixed_outcomes_are_each_counted_once(server, article, new_farend):
    carrier_id = server.carrier(new_farend().port)
    numbers = ["200001", "486001", "404001", "503001", "484001", "200002"]
    request_id = ask(server, article, [{"to": n} for n in numbers],
                     carrier_id=carrier_id,
                     playlist=[{"play": article.urls[0]}])
    totals = server.wait_done(request_id, 30)["totals"]
    judge.adds_up(totals)
    assert totals["completed"] == 2 and totals["busy"] == 1
    assert totals["failed"] == 3
    states = [r["state"] for r in rows_of(server, request_id)]
    assert states[0] == states[5] == "completed" and states[1] == "busy"
