"""Session timers (RFC 4028), both who refreshes and who waits for it, and
offers that cross (RFC 3261 14).

Intervals of less than 90 s are against the RFC. The server follows them where
the far end sets them, and so do these tests, to be done in time.

SPDX-License-Identifier: MIT
"""
import pytest

from stage import Talk, describe

KNOWS = [("Supported", "timer")]
UPDATES = [("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE")]


def timer(seconds, who):
    return [("Session-Expires", f"{seconds};refresher={who}")]


@pytest.fixture
def timed(stage, peer, receiver):
    """timed(extra, items) is a call whose 200 had these headers."""
    def make(extra, items=3, **more):
        request_id = stage.call(peer, items, **more)
        talk = Talk(peer, receiver.port)
        talk.request_id = request_id
        talk.answer = lambda: peer.answer(
            talk.invite, 200, "OK", to_tag=talk.tag, contact=peer.contact,
            body=talk.sdp, extra=extra)
        talk.answer()
        talk.first_ack = talk.ack()
        return talk
    return make


# ---- the INVITE -------------------------------------------------------------

def test_rfc4028_7_1_timer_is_supported(timed, stage, receiver):
    talk = timed([], items=1)
    assert "timer" in ", ".join(talk.invite.all("supported"))
    assert not talk.invite.get("session-expires")
    stage.goes_on(talk, receiver)


def test_rfc4028_7_1_carrier_may_ask_for_it(timed, stage, receiver):
    talk = timed([], items=1, carrier={"session_expires_s": 1800})
    assert talk.invite.get("session-expires").startswith("1800")
    stage.goes_on(talk, receiver)


def test_rfc4028_7_3_422_is_raised_and_asked_again(stage, peer, receiver):
    request_id = stage.call(peer, carrier={"session_expires_s": 300})
    first = peer.expect("INVITE")
    peer.answer(first, 422, "Too Small", to_tag="x",
                extra=[("Min-SE", "1200")])
    peer.expect("ACK")
    talk = Talk(peer, receiver.port)
    second = talk.invite
    assert second.get("session-expires").startswith("1200")
    assert second.get("min-se") == "1200"
    assert second.cseq[0] == first.cseq[0] + 1
    for name in ("call-id", "from", "to"):
        assert second.get(name) == first.get(name)
    talk.request_id = request_id
    talk.ok()
    talk.ack()
    stage.goes_on(talk, receiver)


# ---- we refresh -------------------------------------------------------------

def test_rfc4028_10_update_at_half_of_the_interval(timed, stage, peer,
                                                   receiver):
    talk = timed(UPDATES + timer(4, "uac"))
    update = peer.expect("UPDATE", 5)
    assert 1.8 < update.at - talk.first_ack.at < 3
    assert update.get("session-expires") == "4;refresher=uac"
    assert "timer" in ", ".join(update.all("supported"))
    assert update.get("contact") and not update.body
    peer.answer(update, 200, "OK", extra=timer(90, "uac"))
    stage.goes_on(talk, receiver, 3)


def test_rfc4028_7_4_reinvite_has_the_same_description(timed, stage, peer,
                                                       receiver):
    """Also o= is what it was (RFC 3264 8); the 200 is acknowledged."""
    talk = timed(timer(4, "uac"))
    again = peer.expect("INVITE", 5)
    assert again.body == talk.invite.body
    assert again.tag("to") == talk.tag
    peer.answer(again, 200, "OK", contact=peer.contact, body=talk.sdp,
                extra=timer(90, "uac"))
    ack = peer.expect("ACK")
    assert ack.cseq[0] == again.cseq[0]
    peer.answer(again, 200, "OK", contact=peer.contact, body=talk.sdp)
    assert peer.expect("ACK").raw == ack.raw            # 13.2.2.4
    stage.goes_on(talk, receiver, 3)


def test_description_is_the_last_one(timed, stage, peer, receiver):
    """What we answered to an offer of theirs is what we say again."""
    talk = timed(timer(6, "uac"))
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, version=2),
                           extra=KNOWS)
    assert answer.get("session-expires") == "6;refresher=uas"
    again = peer.expect("INVITE", 6)
    assert again.body == answer.body
    peer.answer(again, 200, "OK", contact=peer.contact, body=talk.sdp,
                extra=timer(90, "uac"))
    peer.expect("ACK")
    stage.goes_on(talk, receiver, 3)


def test_unknown_update_becomes_a_reinvite(timed, stage, peer, receiver):
    talk = timed(UPDATES + timer(4, "uac"))
    peer.answer(peer.expect("UPDATE", 5), 405, "No")
    again = peer.expect("INVITE", 5)
    peer.answer(again, 200, "OK", contact=peer.contact, body=talk.sdp,
                extra=timer(90, "uac"))
    peer.expect("ACK")
    stage.goes_on(talk, receiver, 3)


@pytest.mark.parametrize("code", [481, 408])
def test_rfc3261_12_2_1_2_refresh_finds_no_dialog(timed, stage, peer, code):
    talk = timed(UPDATES + timer(4, "uac"))
    peer.answer(peer.expect("UPDATE", 5), code, "No")
    talk.take_bye()
    row = stage.row(talk.request_id, "failed")
    assert row["reason"] == "dialog_lost"
    assert row["attempts"][0]["hangup_by"] == "system"


def test_rfc3261_14_1_glare_is_tried_again(timed, stage, peer, receiver):
    """491: we own the Call-ID, so between 2.1 and 4 s later."""
    talk = timed(timer(4, "uac"))
    held = describe("127.0.0.1", receiver.port, "inactive", 2)
    assert talk.reinvite(held, extra=KNOWS).code == 200     # time stands
    first = peer.expect("INVITE", 5)
    # They changed their mind at the same time; both are refused.
    assert talk.reinvite(talk.sdp).code == 491
    assert talk.ask("UPDATE", talk.sdp).code == 491
    assert talk.ask("UPDATE", extra=KNOWS + [
        ("Session-Expires", "1800;refresher=uas")]).code == 200
    peer.answer(first, 491, "Request Pending")
    peer.expect("ACK")
    again = peer.expect("INVITE", 6)
    assert 2.0 < again.at - first.at < 4.5
    assert again.cseq[0] == first.cseq[0] + 1
    peer.answer(again, 200, "OK", contact=peer.contact, extra=timer(
        1800, "uac"), body=describe("127.0.0.1", receiver.port, version=3))
    peer.expect("ACK")
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")


# ---- they refresh -----------------------------------------------------------

def test_rfc4028_10_who_does_not_refresh_is_hung_up(timed, stage, peer):
    talk = timed(timer(4, "uas"))
    bye = talk.take_bye(6)
    assert 2.5 < bye.at - talk.first_ack.at < 3.8
    row = stage.row(talk.request_id, "failed")
    assert row["reason"] == "session_expired"
    assert row["attempts"][0]["hangup_by"] == "system"


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_rfc4028_9_their_refresh_is_accepted(timed, stage, receiver, method):
    talk = timed(timer(4, "uas"))
    receiver.wait_packets(50, 5)
    ask = talk.reinvite if method == "INVITE" else \
        lambda body, **more: talk.ask("UPDATE", **more)
    answer = ask(talk.sdp, extra=KNOWS + timer(90, "uac"))
    assert answer.code == 200
    assert answer.get("session-expires") == "90;refresher=uac"
    assert "timer" in answer.all("require")
    stage.goes_on(talk, receiver, 3)


def test_rfc4028_9_too_short_an_interval_is_422(timed, stage, receiver):
    talk = timed([], items=1)
    answer = talk.ask("UPDATE", extra=KNOWS + timer(89, "uac"))
    assert answer.code == 422 and answer.get("min-se") == "90"
    stage.goes_on(talk, receiver)
