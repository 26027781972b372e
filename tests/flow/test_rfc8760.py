"""Digest with more than MD5 (RFC 8760); more of it is in test_digest.py and
test_auth.py.

SPDX-License-Identifier: MIT
"""
import re

import pytest

from challenge import again, ask, make, no_hash, parse, right
from udp_peer import Answered

CLIENT = {"username": "client1", "password": "password1"}
SIZES = {"MD5": 32, "SHA-256": 64}


@pytest.fixture
def placed(stage, peer):
    """(request's id, an INVITE that is not answered)."""
    request_id = stage.call(peer, carrier=CLIENT)
    return request_id, peer.expect("INVITE")


def busy(stage, peer, request_id, invite):
    Answered(peer, 4000, invite=invite).refuse(486, "Busy Here")
    stage.row(request_id, "busy")


@pytest.mark.parametrize("algorithm", SIZES)
def test_rfc8760_2_1_algorithm_is_the_one_that_was_asked(stage, peer, placed,
                                                         algorithm):
    """2.2: in as many lower-case digits as it has; its name is repeated."""
    request_id, invite = placed
    asked = ask(peer, invite, make(algorithm=algorithm))
    second = again(peer, invite)
    answer = right(second, asked)
    assert answer["algorithm"] == algorithm
    assert re.fullmatch(f"[0-9a-f]{{{SIZES[algorithm]}}}",
                        answer["response"])
    busy(stage, peer, request_id, second)


@pytest.mark.parametrize("algorithm", SIZES)
def test_rfc8760_2_1_registration_too(stage, peer, algorithm):
    carrier_id = stage.server.carrier(peer.port, register=True, **CLIENT)
    first = peer.expect("REGISTER")
    asked = ask(peer, first, make(algorithm=algorithm))
    second = again(peer, first)
    right(second, asked)
    peer.answer(second, 200, "OK", to_tag="r", extra=[
        ("Contact", second.get("contact") + ";expires=600")])
    stage.server.wait_registration(carrier_id, "registered")
    stage.server.patch(f"/carriers/{carrier_id}",
                       {"enabled": False}).accepted()


def test_rfc8760_2_4_nothing_known_is_no_answer(stage, peer, placed):
    """Also where it looks like something that we know."""
    request_id, invite = placed
    ask(peer, invite, make(algorithm="SHA-512-256"),
        make(algorithm="SHA-256-foo"), make(algorithm="MD4"))
    row = stage.row(request_id, "failed")
    assert row["attempts"][0]["sip_code"] == 401
    peer.nothing("INVITE", 0.15)
    for message in peer.seen:
        no_hash(message)


def test_rfc8760_2_5_each_branch_of_a_fork_is_answered(stage, peer, placed):
    """One answer for each realm, to the first that is known of it."""
    request_id, invite = placed
    asked = [make(realm="one", algorithm="SHA-512-256"),
             make(realm="two", algorithm="SHA-256"),
             make(realm="one", algorithm="MD5"),
             make(realm="two", algorithm="MD5"),
             make(realm="one", algorithm="SHA-256")]
    ask(peer, invite, *asked)
    second = again(peer, invite)
    right(second, asked[1])
    right(second, asked[2])
    realms = [parse(a)["realm"] for a in second.all("authorization")]
    assert sorted(realms) == ["one", "two"]
    busy(stage, peer, request_id, second)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", None])
def test_rfc8760_2_6_without_qop_the_old_way(stage, peer, placed, algorithm):
    """No algorithm is MD5; without qop there is neither nc nor cnonce."""
    request_id, invite = placed
    asked = ask(peer, invite, make(algorithm=algorithm, qop=None))
    second = again(peer, invite)
    answer = right(second, asked)
    assert not {"qop", "nc", "cnonce"} & set(answer)
    busy(stage, peer, request_id, second)
