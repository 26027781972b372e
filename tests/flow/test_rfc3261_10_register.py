"""A binding's way from REGISTER to the end of it (RFC 3261 10).

SPDX-License-Identifier: MIT
"""
import calendar
import re
import time

import pytest

from challenge import again, ask, make
from stage import T1
from waiting import until

CLIENT = {"username": "client1", "password": "password1"}


def seconds_of(stamp):
    return calendar.timegm(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S"))


class Binding:
    """A carrier that registers, and its registrar's answers."""

    def __init__(self, stage, peer, **fields):
        self.server, self.peer = stage.server, peer
        self.id = self.server.carrier(peer.port, register=True,
                                      **{**CLIENT, **fields})

    def take(self, seconds=5):
        """The next REGISTER; one that is repeated is no other."""
        request = self.peer.expect("REGISTER", seconds)
        self.contact = request.get("contact")
        return request

    def grant(self, request, params=";expires=600", extra=(), more=()):
        """200 with our Contact, more of others before it, and headers."""
        self.peer.answer(request, 200, "OK", to_tag="r", extra=[
            *(("Contact", m) for m in more),
            ("Contact", self.contact + params), *extra])
        return self.server.wait_registration(self.id, "registered")

    def leave(self):
        self.server.delete(f"/carriers/{self.id}").accepted()


@pytest.fixture
def binding(stage, peer):
    return lambda **fields: Binding(stage, peer, **fields)


# ---- 10.2 -------------------------------------------------------------------

def test_rfc3261_10_2_register_names_the_binding(binding, peer):
    """No user in the Request-URI; To and From are the address-of-record."""
    bound = binding(expires_s=1200)
    request = bound.take()
    assert request.uri == f"sip:127.0.0.1:{peer.port}"
    assert request.get("to") == "<sip:client1@127.0.0.1>"
    assert request.get("from").split(";tag=")[0] == request.get("to")
    assert re.match(r"<sip:client1@127\.0\.0\.1:\d+>$", bound.contact)
    assert request.get("expires") == "1200" and not request.tag("to")
    bound.grant(request)


def test_rfc3261_10_2_call_id_stays_and_cseq_rises(binding, peer):
    """From the first REGISTER to the last, with challenges and refreshes."""
    bound = binding()
    seen = [bound.take()]
    ask(peer, seen[-1], make())
    seen.append(again(peer, seen[-1]))
    for _ in range(2):
        bound.grant(seen[-1], ";expires=1")
        seen.append(bound.take())
    bound.grant(seen[-1])
    bound.leave()
    seen.append(bound.take())
    assert len({m.call_id for m in seen}) == 1
    assert len({m.tag("from") for m in seen}) == 1
    numbers = [m.cseq[0] for m in seen]
    assert numbers == list(range(numbers[0], numbers[0] + len(seen)))
    peer.answer(seen[-1], 200, "OK", to_tag="r")


def test_rfc3261_10_2_one_register_at_a_time(binding, peer):
    """What is to be said next waits for the answer to what was said."""
    bound = binding()
    first = bound.take()
    bound.leave()
    peer.nothing(lambda m: m.branch != first.branch, 20 * T1)
    assert {m.raw for m in peer.seen} == {first.raw}    # Timer E's only
    peer.answer(first, 200, "OK", to_tag="r", extra=[
        ("Contact", bound.contact + ";expires=600")])
    gone = peer.expect(lambda m: m.branch != first.branch)
    assert gone.get("expires") == "0"
    assert gone.cseq[0] == first.cseq[0] + 1
    peer.answer(gone, 200, "OK", to_tag="r")


def test_rfc3261_10_2_a_change_waits_for_the_answer_too(stage, binding, peer):
    """Another user: the old binding goes first, under its own name."""
    bound = binding()
    first = bound.take()
    stage.server.patch(f"/carriers/{bound.id}",
                       {"username": "client2"}).accepted()
    peer.nothing(lambda m: m.branch != first.branch, 10 * T1)
    peer.answer(first, 200, "OK", to_tag="r", extra=[
        ("Contact", bound.contact + ";expires=600")])
    gone = peer.expect(lambda m: m.branch != first.branch)
    assert gone.get("expires") == "0" and "client1" in gone.get("to")
    peer.answer(gone, 200, "OK", to_tag="r")
    second = peer.expect(lambda m: m.get("expires") != "0"
                         and m.branch != first.branch)
    assert "client2" in second.get("to")
    assert second.call_id != first.call_id
    bound.contact = second.get("contact")
    bound.grant(second)


# ---- 10.2.2 -----------------------------------------------------------------

def test_rfc3261_10_2_2_unregister_says_expires_0(binding, peer):
    """For our own Contact only, never "*"."""
    bound = binding()
    first = bound.take()
    bound.grant(first)
    bound.leave()
    gone = bound.take()
    assert gone.get("expires") == "0"
    assert gone.all("contact") == first.all("contact")
    assert gone.uri == first.uri and gone.get("to") == first.get("to")
    peer.answer(gone, 200, "OK", to_tag="r")
    peer.nothing("REGISTER", 0.2)


# ---- 10.2.4 -----------------------------------------------------------------

GRANTS = {
    "own-parameter": (";expires=120", ("500",), 120),
    "own-parameter-quoted": (';q=0.5;expires="130"', (), 130),
    "header": ("", ("240",), 240),
    "as-asked": ("", (), 900),
}


@pytest.mark.parametrize("what", GRANTS)
def test_rfc3261_10_2_4_own_parameter_then_header_then_as_asked(binding,
                                                                what):
    """What others have bound says nothing of ours."""
    params, header, seconds = GRANTS[what]
    bound = binding(expires_s=900)
    result = bound.grant(
        bound.take(), params, [("Expires", value) for value in header],
        ["<sip:client1@192.0.2.77:5060>;expires=7",
         '"Desk" <sip:other@192.0.2.78>;expires=3600'])
    left = seconds_of(result["expires_at"]) - time.time()
    assert seconds - 5 < left <= seconds + 1
    bound.leave()
    bound.peer.answer(bound.take(), 200, "OK", to_tag="r")


@pytest.mark.parametrize("seconds", [10, 60, 61, 120, 3600])
def test_rfc3261_10_2_4_refresh_is_planned_with_a_margin(binding, seconds):
    """Time for a refresh that is not answered, and another one."""
    bound = binding()
    result = bound.grant(bound.take(), f";expires={seconds}")
    ends = seconds_of(result["expires_at"])
    due = seconds_of(result["next_attempt_at"])
    margin = min(60, seconds / 2)
    assert margin - 2 <= ends - due <= margin * 5 / 4 + 2
    assert due > time.time() - 1
    bound.leave()
    bound.peer.answer(bound.take(), 200, "OK", to_tag="r")


def test_rfc3261_10_2_4_a_short_binding_is_never_without_refresh(binding,
                                                                 peer):
    """Two seconds each: the next REGISTER comes while the last one lasts."""
    bound = binding()
    request = bound.take()
    for _ in range(4):
        bound.grant(request, ";expires=2")
        following = bound.take()
        assert 0.7 < following.at - request.at < 2
        request = following
    bound.grant(request)
    result = bound.server.registration(bound.id)
    assert [entry["state"] for entry in result["history"]][-1] \
        == "registered"


def test_rfc3261_10_2_4_lost_refresh_is_tried_again_before_the_end(binding,
                                                                   peer):
    """64*T1 is 3.2 s here: of 20 s, half is left for a second one."""
    bound = binding()
    first = bound.take()
    bound.grant(first, ";expires=20")
    lost = bound.take(15)
    again_ = peer.expect(lambda m: not m.is_response and
                         m.branch not in (first.branch, lost.branch), 12)
    assert again_.at - first.at < 20
    assert bound.server.registration(bound.id)["sip_registration"] \
        == "registered"
    bound.grant(again_)


# ---- 10.2.8 -----------------------------------------------------------------

def test_rfc3261_10_2_8_423_asks_again_for_min_expires(binding, peer):
    bound = binding(expires_s=60)
    first = bound.take()
    peer.answer(first, 423, "Interval Too Brief", to_tag="r",
                extra=[("Min-Expires", "1800")])
    second = bound.take()
    assert second.get("expires") == "1800"
    assert second.call_id == first.call_id
    assert second.cseq[0] == first.cseq[0] + 1
    assert second.branch != first.branch
    bound.grant(second, ";expires=1800")


@pytest.mark.parametrize("least", ["30", "x", None])
def test_rfc3261_10_2_8_423_that_asks_for_less_is_a_failure(binding, peer,
                                                            least):
    """No loop with a registrar that does not say what it wants."""
    bound = binding(expires_s=60)
    peer.answer(bound.take(), 423, "Interval Too Brief", to_tag="r",
                extra=[("Min-Expires", least)] if least else [])
    result = bound.server.wait_registration(bound.id, "failed")
    assert result["last_code"] == 423 and result["next_attempt_at"]
    peer.nothing("REGISTER", 0.3)


# ---- 10.3 -------------------------------------------------------------------

def test_rfc3261_10_3_removed_binding_is_not_shown_as_one(binding, peer):
    """A 200 that grants no time has not bound us."""
    bound = binding()
    request = bound.take()
    peer.answer(request, 200, "OK", to_tag="r", extra=[
        ("Contact", bound.contact + ";expires=0")])
    until("the failure to be shown", 5, lambda: bound.server.registration(
        bound.id)["sip_registration"] == "failed")
