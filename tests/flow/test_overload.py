"""A carrier that says 503 with Retry-After is left alone for so long.

RFC 3261 20.33, 21.5.4.

SPDX-License-Identifier: MIT
"""
import re

import pytest

from waiting import stays, until


def refuse(peer, code, reason, **headers):
    invite = peer.expect("INVITE")
    extra = [(name.replace("_", "-"), str(value))
             for name, value in headers.items()]
    peer.answer(invite, code, reason, to_tag="x", extra=extra)
    peer.expect("ACK")
    return invite


def test_rfc3261_21_5_4_no_call_before_retry_after_is_over(server, peer,
                                                           article):
    carrier_id = server.carrier(peer.port)
    first = server.play("1", article.urls[:1], carrier_id=carrier_id)
    refused = refuse(peer, 503, "Service Unavailable", Retry_After=2)
    assert server.wait_done(first)["recipients"][0]["state"] == "failed"
    second = server.play("2", article.urls[:1], carrier_id=carrier_id)
    until("the reason to be shown", 5, lambda: "asked for no calls" in
          (server.report(second)["waiting_for"] or ""))
    assert refuse(peer, 486, "Busy Here").at - refused.at >= 2
    assert server.wait_done(second)["recipients"][0]["state"] == "busy"


def test_a_long_rest_fails_nobody(new_server, peer, article):
    """It is a limit. What waits is called when the carrier is moved away."""
    server = new_server("limits.carrier_wait_s=1")
    carrier_id = server.carrier(peer.port)
    server.play("1", article.urls[:1], carrier_id=carrier_id)
    refuse(peer, 503, "Service Unavailable", Retry_After=600)
    second = server.play("2", article.urls[:1], carrier_id=carrier_id)
    assert stays(3, lambda:
                 server.report(second)["totals"]["queued"] == 1)
    server.patch(f"/carriers/{carrier_id}", {"host": "localhost"}).accepted()
    refuse(peer, 486, "Busy Here")
    assert server.wait_done(second)["recipients"][0]["state"] == "busy"


@pytest.mark.parametrize("how", ["put", "enabled"])
def test_a_rest_is_shown_and_can_be_ended(server, peer, article, how):
    carrier_id = server.carrier(peer.port)
    path = f"/carriers/{carrier_id}"

    def resting():
        answer = server.get(f"/status/carrier/{carrier_id}").accepted()
        return answer["result"]["resting_until"]

    assert resting() is None
    server.play("1", article.urls[:1], carrier_id=carrier_id)
    refuse(peer, 503, "Service Unavailable", Retry_After=600)
    until("the rest to be shown", 5, resting)
    assert re.fullmatch(r"[-0-9]{10}T[:0-9]{8}\.[0-9]{3}Z", resting())
    second = server.play("2", article.urls[:1], carrier_id=carrier_id)
    if how == "put":
        server.put(path, server.get(path).accepted()["carrier"]).accepted()
    else:
        server.patch(path, {"enabled": False}).accepted()
        assert resting() is not None
        row = server.wait_done(second)["recipients"][0]
        assert row["reason"] == "carrier_disabled"
        server.patch(path, {"enabled": True}).accepted()
        second = server.play("2", article.urls[:1], carrier_id=carrier_id)
    refuse(peer, 486, "Busy Here")
    assert resting() is None
    assert server.wait_done(second)["recipients"][0]["state"] == "busy"


def test_503_without_a_time_stops_nobody(server, peer, article):
    carrier_id = server.carrier(peer.port)
    server.play("1", article.urls[:1], carrier_id=carrier_id)
    refuse(peer, 503, "Service Unavailable")
    second = server.play("2", article.urls[:1], carrier_id=carrier_id)
    refuse(peer, 486, "Busy Here")
    assert server.wait_done(second)["recipients"][0]["state"] == "busy"
