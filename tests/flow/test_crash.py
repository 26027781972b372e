"""kill -9 in mid-call: nothing is forgotten and nobody is called twice.

SPDX-License-Identifier: MIT
"""
import judge
from carillond import build_dir, plugins_dir
from kamailio import Kamailio
from process import Process
from udp_peer import Answered
from waiting import stays, until


def test_carriers_register_again(server, tmp_path, ports, stop_later):
    registrar = stop_later(Kamailio(tmp_path / "kamailio", ports.one(),
                                    {"client1": "password1"}))
    carrier_id = server.carrier(registrar.port, register=True,
                                username="client1", password="password1")
    server.wait_registration(carrier_id, "registered")
    seen = len(registrar.requests())
    server.kill9()
    server.start()
    server.wait_registration(carrier_id, "registered")
    assert len(registrar.requests()) > seen
    assert registrar.bindings("client1")


def test_interrupted_call_says_so(server, article, peer, receiver):
    carrier_id = server.carrier(peer.port)
    request_id = server.play("123456", article.urls, carrier_id=carrier_id)
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    receiver.wait_packets(20, 5)
    server.kill9()
    peer.drain()
    server.start()
    assert server.get(f"/carriers/{carrier_id}").status == 200
    report = server.wait_done(request_id, 10)
    row = judge.only_row(report, "unknown")
    assert row["to"] == "123456"
    assert row["attempts"][0]["answered_at"]
    peer.nothing("INVITE", 2)               # not dialled a second time


def test_queued_calls_go_on_after_a_crash(server, article, peer, receiver):
    """One talks, two wait for the channel: those two are called later."""
    carrier_id = server.carrier(peer.port, max_channels=1)
    body = {"from": "me", "carrier_id": carrier_id,
            "recipients": [{"to": n} for n in ("1", "2", "3")],
            "playlist": [{"play": article.urls[0]}]}
    request_id = server.post("/voice/call/play",
                             body).accepted()["request_id"]
    first = Answered(peer, receiver.port)
    first.ok()
    first.ack()
    receiver.wait_packets(5, 5)
    server.kill9()
    peer.drain()
    server.start()
    called = []
    for _ in range(2):
        call = Answered(peer, receiver.port, seconds=10)
        called.append(call.invite.uri.split(":")[1].split("@")[0])
        call.refuse(486, "Busy Here")
    report = server.wait_done(request_id, 20)
    first_to = first.invite.uri.split(":")[1].split("@")[0]
    assert sorted([first_to, *called]) == ["1", "2", "3"]
    judge.adds_up(report["totals"])
    assert report["totals"]["unknown"] == 1
    assert report["totals"]["busy"] == 2


def test_accepted_job_survives_a_crash_at_once(server, article, peer):
    """The 200 leaves after the job is on the disk."""
    carrier_id = server.carrier(peer.port)
    request_id = server.play("1", article.urls, carrier_id=carrier_id)
    server.kill9()
    peer.drain()
    server.start()
    until("the job to be known", 5, lambda: server.get(
        f"/voice/call/status/{request_id}").status == 200)
    report = server.report(request_id)
    judge.adds_up(report["totals"])
    assert report["totals"]["recipients"] == 1


def test_finished_reports_survive(server, article, peer):
    request_id = server.play("1", article.urls,
                             carrier_id=server.carrier(peer.port))
    Answered(peer, 4000).refuse(486, "Busy Here")
    before = server.wait_done(request_id)
    server.kill9()
    server.start()
    assert server.report(request_id) == before


def test_second_server_is_refused_the_same_state(server, ports, tmp_path):
    """One state directory has one owner; the first is not disturbed."""
    other = Process(
        [build_dir() / "carillond", "--set",
         f"api.listen=127.0.0.1:{ports.one()}", "--set",
         f"sip.listen=udp:127.0.0.1:{ports.one()}", "--set",
         f"state.dir={server.state}", "--set",
         f"plugins.dir={plugins_dir(server.folder)}"],
        tmp_path / "other", "other")
    status = other.wait(10)
    other.kill()
    assert status not in (None, 0)
    assert str(server.state) in other.errors() + other.output()
    assert stays(0.3, lambda: server.get("/health/ready").status == 200)


def test_shutdown_ends_calls_in_order(server, article, peer, receiver):
    """SIGTERM: the talking call gets its BYE and a true report."""
    request_id = server.play("1", article.urls,
                             carrier_id=server.carrier(peer.port))
    call = Answered(peer, receiver.port)
    call.ok()
    call.ack()
    receiver.wait_packets(5, 5)
    server.process.child.terminate()
    call.take_bye(20)
    server.stop()
    server.start()
    report = server.wait_done(request_id)
    judge.adds_up(report["totals"])
    assert report["totals"]["queued"] == report["totals"]["calling"] == 0
