"""SIGTERM: who talks is heard out, nobody new is called, nothing is lost.

SPDX-License-Identifier: MIT
"""
import signal

import judge
from udp_peer import Answered
from waiting import until


def test_calls_are_heard_out_while_reports_can_be_read(new_server, article,
                                                       peer, receiver):
    server = new_server("limits.drain_s=20")
    carrier_id = server.carrier(peer.port, max_channels=1)
    request_id = server.post("/voice/call/play", {
        "from": "me", "carrier_id": carrier_id,
        "recipients": [{"to": "1"}, {"to": "2"}],
        "playlist": [{"play": article.urls[0]}]}).accepted()["request_id"]
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    receiver.wait_packets(5, 5)
    server.process.child.send_signal(signal.SIGTERM)
    until("new work to be refused", 5, lambda: server.get(
        "/health/ready").status == 503)
    refused = server.post("/voice/call/play", {
        "to": "3", "carrier_id": carrier_id, "from": "me",
        "playlist": [{"play": article.urls[0]}]})
    refused.rejected(503)
    assert refused.headers["retry-after"]
    assert server.get(f"/carriers/{carrier_id}").status == 200
    assert server.report(request_id)["totals"]["answered"] == 1
    call.take_bye(10)
    assert server.process.wait(10) == 0
    judge.heard_exactly(receiver.packets, "mulaw", article.samples[:1])
    server.start()                          # the second one is called now
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    call.take_bye(10)
    report = server.wait_done(request_id)
    assert report["totals"]["completed"] == 2


def test_second_signal_hangs_up_at_once(new_server, article, peer, receiver):
    server = new_server("limits.drain_s=20")
    carrier_id = server.carrier(peer.port)
    request_id = server.play("1", article.urls, carrier_id=carrier_id)
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    receiver.wait_packets(5, 5)
    server.process.child.send_signal(signal.SIGTERM)
    until("the drain", 5, lambda: "server: stopping" in server.log())
    server.process.child.send_signal(signal.SIGTERM)
    call.take_bye(5)
    assert server.process.wait(10) == 0
    server.start()
    row = judge.only_row(server.wait_done(request_id), "failed")
    assert row["reason"] == "server_stopping"
    assert row["attempts"][0]["hangup_by"] == "system"


def test_hangup_signal_ends_nothing(server, article, peer, receiver):
    carrier_id = server.carrier(peer.port)
    request_id = server.play("1", article.urls[:1], carrier_id=carrier_id)
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    receiver.wait_packets(5, 5)
    server.process.child.send_signal(signal.SIGHUP)
    call.take_bye(10)
    judge.only_row(server.wait_done(request_id), "completed")
