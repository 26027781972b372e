"""What others ask of us, outside a call and in one (RFC 3261 8.2, 9.2, 11.2,
16.3, 21.5.6).

SPDX-License-Identifier: MIT
"""
import pytest

from message import build, make_sdp, token
from stage import T1

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE",
           "PRACK")


def stranger(peer, to, method, uri="sip:x@127.0.0.1", version="SIP/2.0",
             branch=None, call_id=None, extra=(), body=b"", forwards="70",
             cseq=None):
    """Sends a request of nobody's; its branch and Call-ID."""
    branch, call_id = branch or "z9hG4bK" + token(), call_id or token()
    peer.send(build(f"{method} {uri} {version}", [
        ("Via", f"SIP/2.0/UDP {peer.address};rport;branch={branch}"),
        ("Max-Forwards", forwards), ("From", "<sip:a@b>;tag=1"),
        ("To", "<sip:c@d>"), ("Call-ID", call_id),
        ("CSeq", f"1 {cseq or method}"), *extra], body), to)
    return branch, call_id


def answer_to(peer, *args, **more):
    _, call_id = stranger(peer, *args, **more)
    return peer.expect(lambda m: m.is_response and m.code >= 200
                       and m.call_id == call_id)


def tags(header):
    return sorted(t.strip() for value in header for t in value.split(","))


# ---- 8.2 --------------------------------------------------------------------

@pytest.mark.parametrize("method,code", [
    ("REGISTER", 405), ("SUBSCRIBE", 405), ("NOTIFY", 405),
    ("MESSAGE", 405), ("REFER", 405), ("PUBLISH", 405), ("FOO", 501),
    ("invite", 501)])
def test_rfc3261_8_2_1_foreign_method_is_405_or_501(stage, peer, method,
                                                    code):
    """Known and not allowed: 405 and what is; never heard of: 501."""
    answer = answer_to(peer, stage.server.sip_address, method)
    assert answer.code == code and answer.tag("to")
    if code == 405:
        assert tags(answer.all("allow")) == sorted(METHODS)


@pytest.mark.parametrize("uri", ["tel:+15551234", "http://127.0.0.1/x",
                                 "mailto:a@b"])
def test_rfc3261_8_2_2_1_foreign_scheme_is_416(stage, peer, uri):
    answer = answer_to(peer, stage.server.sip_address, "OPTIONS", uri)
    assert answer.code == 416 and answer.tag("to")


@pytest.mark.parametrize("method", ["OPTIONS", "INVITE", "BYE"])
def test_rfc3261_8_2_2_3_unsupported_names_what_is_not(stage, peer, method):
    answer = answer_to(peer, stage.server.sip_address, method, extra=[
        ("Require", "foo, 100rel"), ("Require", "bar")])
    assert answer.code == 420
    assert tags(answer.all("unsupported")) == ["bar", "foo"]


def test_rfc3261_8_2_2_3_require_of_a_cancel_is_ignored(stage, peer):
    answer = answer_to(peer, stage.server.sip_address, "CANCEL",
                       extra=[("Require", "foo")])
    assert answer.code == 481


def test_rfc3261_8_2_6_answer_has_what_the_request_had(stage, peer):
    """From, Call-ID, CSeq and all Via as they came; a tag in To, the same
    one when the request comes again."""
    to, branch, call_id = stage.server.sip_address, "z9hG4bK" + token(), token()
    further = "SIP/2.0/UDP far.example.com;branch=z9hG4bKfar"
    for _ in range(2):
        stranger(peer, to, "OPTIONS", branch=branch, call_id=call_id,
                 extra=[("Via", further)])
    first, second = (peer.expect(200, call_id=call_id) for _ in range(2))
    assert first.get("from") == "<sip:a@b>;tag=1"
    assert first.cseq == (1, "OPTIONS") and first.all("via")[1] == further
    assert len(first.all("via")) == 2 and first.branch == branch
    assert first.tag("to") and first.raw == second.raw


# ---- 8.2.7 ------------------------------------------------------------------

@pytest.mark.parametrize("require,code", [("", 403), ("a, " * 200, 420)])
def test_rfc3261_8_2_7_strangers_invite_is_kept_nowhere(stage, peer, require,
                                                        code):
    """Refused once each time it comes, in the same words, and not repeated:
    the source may be forged. What it names is not echoed for ever."""
    to, branch, call_id = stage.server.sip_address, "z9hG4bK" + token(), token()
    answers = []
    for _ in range(2):
        stranger(peer, to, "INVITE", branch=branch, call_id=call_id,
                 extra=[("Require", require)] if require else ())
        answers.append(peer.expect(code, call_id=call_id))
        peer.nothing(code, 12 * T1)
    assert answers[0].raw == answers[1].raw and len(answers[0].raw) < 400
    assert answers[0].all("unsupported") == (["a"] if require else [])


# ---- 9.2 --------------------------------------------------------------------

def test_rfc3261_9_2_unknown_cancel_is_481(stage, peer):
    answer = answer_to(peer, stage.server.sip_address, "CANCEL")
    assert answer.code == 481 and answer.cseq == (1, "CANCEL")


def test_rfc3261_9_2_cancel_of_what_was_answered_is_200(stage, peer,
                                                        receiver):
    """It changes nothing."""
    talk, branch = stage.talk(peer, receiver), "z9hG4bK" + token()
    assert talk.ask("INVITE", b"no sdp", branch=branch).code == 488
    answer = talk.ask("CANCEL", cseq=talk.cseq, branch=branch)
    assert answer.code == 200
    talk.send("ACK", cseq=talk.cseq, branch=branch)
    stage.goes_on(talk, receiver)


# ---- 11.2 -------------------------------------------------------------------

def test_rfc3261_11_2_options_in_a_call_gets_the_same_answer(stage, peer,
                                                            receiver):
    """Allow, Accept and its kin, Supported; the call does not notice."""
    outside = answer_to(peer, stage.server.sip_address, "OPTIONS")
    talk = stage.talk(peer, receiver)
    inside = talk.ask("OPTIONS")
    for answer in (inside, outside):
        assert answer.code == 200
        assert tags(answer.all("allow")) == sorted(METHODS)
        assert answer.get("accept") == "application/sdp"
        assert tags(answer.all("supported")) == ["100rel", "timer"]
    for name in ("allow", "accept", "accept-encoding", "accept-language",
                 "supported"):
        assert inside.all(name) == outside.all(name) != [], name
    stage.goes_on(talk, receiver)


# ---- 16.3, 21.5.6 -----------------------------------------------------------

def test_rfc3261_16_3_max_forwards_of_0_is_no_matter(stage, peer, receiver):
    """483 is for who forwards; whoever it is meant for answers."""
    answer = answer_to(peer, stage.server.sip_address, "OPTIONS",
                       forwards="0")
    assert answer.code == 200
    talk = stage.talk(peer, receiver)
    head = [(k, "0" if k == "Max-Forwards" else v)
            for k, v in talk.head("BYE", 500)]
    peer.send(build(f"BYE {talk.invite.contact_uri()} SIP/2.0", head),
              talk.invite.source)
    assert talk.final("BYE").code == 200
    stage.row(talk.request_id, "completed")


@pytest.mark.parametrize("version", ["SIP/3.0", "SIP/2.1", "SIP/7.0"])
@pytest.mark.parametrize("method", ["OPTIONS", "INVITE", "BYE"])
def test_rfc3261_21_5_6_foreign_version_is_505(stage, peer, method, version):
    answer = answer_to(peer, stage.server.sip_address, method,
                       version=version)
    assert answer.code == 505
    assert answer.start.startswith("SIP/2.0 ")
