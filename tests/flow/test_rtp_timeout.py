"""A far end that had been heard and then falls silent is hung up on.

SPDX-License-Identifier: MIT
"""
import pytest

from rtp import send_paced
from stage import Stage, describe
from waiting import PATIENCE

SILENCE = b"\xff" * 160


@pytest.fixture(scope="module")
def strict(tmp_path_factory, ports):
    """A server that waits for a second only."""
    made = Stage(tmp_path_factory.mktemp("strict"), ports,
                 "media.rtp_timeout_s=1")
    yield made
    made.close()


def says(talk, receiver, count):
    """So many packets of the far end, in real time."""
    sdp = talk.invite.sdp()
    send_paced(receiver, (sdp.host, sdp.port), [SILENCE] * count)


def test_silence_of_the_network_ends_the_call(strict, peer, receiver):
    talk = strict.talk(peer, receiver, items=3)     # 3.8 s
    says(talk, receiver, 10)
    last = receiver.packets[-1].at
    bye = talk.take_bye(5)
    assert 0.9 <= bye.at - last <= 1.2 + 0.5 * PATIENCE
    row = strict.row(talk.request_id, "failed")
    assert row["reason"] == "rtp_timeout"
    attempt = row["attempts"][0]
    assert attempt["hangup_by"] == "system"
    assert attempt["rtp"]["received"] == 10


def test_who_never_sent_anything_is_left_alone(strict, peer, receiver):
    talk = strict.talk(peer, receiver, items=3)
    strict.goes_on(talk, receiver, 3)


def test_who_goes_on_sending_is_left_alone(strict, peer, receiver):
    talk = strict.talk(peer, receiver, items=3)
    says(talk, receiver, 150)
    strict.goes_on(talk, receiver, 3)


def test_who_holds_us_may_be_silent(strict, peer, receiver):
    """For as long as it holds; then it must be heard again."""
    talk = strict.talk(peer, receiver, items=1)
    says(talk, receiver, 5)
    assert talk.reinvite(describe("127.0.0.1", receiver.port, "inactive",
                                  version=2)).code == 200
    peer.nothing("BYE", 2)
    assert talk.reinvite(describe("127.0.0.1", receiver.port, "sendrecv",
                                  version=3)).code == 200
    says(talk, receiver, 5)
    talk.take_bye(5)
    strict.row(talk.request_id, "completed")


def test_who_said_that_it_only_listens_may_be_silent(strict, peer, receiver):
    """RFC 3264 6.1: recvonly, and not even a report of what it hears."""
    talk = strict.talk(peer, receiver, items=3)
    says(talk, receiver, 5)
    assert talk.reinvite(describe("127.0.0.1", receiver.port, "recvonly",
                                  version=2)).code == 200
    strict.goes_on(talk, receiver, 3)


def test_without_a_timeout_nobody_is_hung_up(tmp_path, ports, stop_later,
                                             peer, receiver):
    patient = stop_later(Stage(tmp_path / "patient", ports,
                               "media.rtp_timeout_s=0"))
    talk = patient.talk(peer, receiver, items=3)
    says(talk, receiver, 5)
    patient.goes_on(talk, receiver, 3)
