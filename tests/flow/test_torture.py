"""SIP messages in the manner of RFC 4475, and mutations of good ones.

Each is refused with the right code or dropped, and the server lives.

SPDX-License-Identifier: MIT
"""
import json
import os
import random

import pytest

import challenge
from message import make_sdp, response, token
from stage import Talk, describe
from udp_peer import Answered
from waiting import until


def ping(stage, peer):
    """OPTIONS is answered by the same process."""
    call_id = token()
    peer.request("OPTIONS", "sip:x", stage.server.sip_address, call_id, 1,
                 "<sip:a@b>;tag=1", "<sip:c@d>")
    return peer.expect(lambda m: m.is_response and m.call_id == call_id)


def request(start="OPTIONS sip:x@127.0.0.1 SIP/2.0", cseq=None, body=b"",
            drop=(), **change):
    """A good request but for what is changed; %s is the peer's address."""
    headers = {"Via": "SIP/2.0/UDP %s;rport;branch=z9hG4bK" + token(),
               "Max-Forwards": "70", "From": "<sip:a@b.example>;tag=1",
               "To": "<sip:c@d.example>", "Call-ID": token(),
               "CSeq": f"1 {cseq or start.split()[0]}",
               "Content-Length": str(len(body))}
    headers.update({k.replace("_", "-"): v for k, v in change.items()})
    lines = [start] + [f"{k}: {v}" for k, v in headers.items()
                       if k not in drop]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


SDP = make_sdp("127.0.0.1", 4000)
TORTUOUS = b"""INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: %i
Content-Length   : 0
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    %s;branch=%b;rport
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
m:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

""".replace(b"\n", b"\r\n")

# The answer that is due; None: nothing, since nobody can be answered.
# More than one where the RFC leaves the choice, or osip makes it.
CASES = {
    "good": (request(), (200,)),
    "tortuous-invite": (TORTUOUS, (481, 403, 400, None)),
    "wide-range": (request("!interesting-Method0123456789_*+`.%25'~ "
                           "sip:1_unusual.URI~(to-be!sure)&isn't+it$/cr@h "
                           "SIP/2.0"), (501,)),
    "escaped-method": (request("RE%47IST%45R sip:r@h SIP/2.0"), (501,)),
    "lower-case-method": (request("invite sip:r@h SIP/2.0"), (501,)),
    "escaped-nul": (request("REGISTER sip:null-%00-null@h SIP/2.0"),
                    (405, 400)),
    "no-space": (request(From="<sip:a@b>;tag=1", To="caller<sip:a@b>"),
                 (200, 400)),
    "extra-parts": (request(From="sip:a@b;tag=1;;,;,,", Contact="foo; bar"),
                    (200, 400, None)),
    "length-too-long": (request(Content_Length="9999", body=SDP), (400,)),
    "length-negative": (request(Content_Length="-999"), (400,)),
    "length-word": (request(Content_Length="many"), (400,)),
    "length-huge": (request(Content_Length="4294967297", body=b"x"), (400,)),
    "length-2-64": (request(Content_Length="18446744073709551616"), (400,)),
    "cseq-huge": (request(CSeq="36893488147419103232 OPTIONS"), (400,)),
    "cseq-2-32": (request(CSeq="4294967296 OPTIONS"), (400,)),
    "cseq-method": (request(CSeq="1 INVITE"), (400,)),
    "cseq-no-method": (request(CSeq="1"), (400, None)),
    "cseq-word": (request(CSeq="one OPTIONS"), (400, None)),
    "open-quote": (request(To='"Mr. J. User <sip:j@h>'), (400, None, 200)),
    "backslash-at-end": (request(To='"\\'), (400, None)),
    "brackets-in-line": (request("OPTIONS <sip:x@h> SIP/2.0"), (416, 400,
                                                               None)),
    "spaces-in-uri": (request("OPTIONS sip:a@h; lr SIP/2.0"), (400, None)),
    "spaces-in-line": (request("OPTIONS  sip:a@h  SIP/2.0"), (400, None)),
    "space-at-end": (request("OPTIONS sip:a@h SIP/2.0  "), (400, None)),
    "header-uri": (request("INVITE sip:a@h?Route=%3Csip:e@h%3E SIP/2.0"),
                   (400, 403)),
    "version-7": (request("OPTIONS sip:a@h SIP/7.0"), (505,)),
    "version-none": (request("OPTIONS sip:a@h FOO/2.0"), (400, 505, None)),
    "scheme-unknown": (request("OPTIONS soap.beep://h SIP/2.0"),
                       (416, None)),
    "scheme-tel": (request("OPTIONS tel:+123 SIP/2.0"), (416,)),
    "no-to": (request(drop=("To",)), (400, None)),
    "no-from": (request(drop=("From",)), (400, None)),
    "no-via": (request(drop=("Via",)), (None,)),
    "no-call-id": (request(drop=("Call-ID",)), (400, None)),
    "no-cseq": (request(drop=("CSeq",)), (400, None)),
    "no-length": (request(drop=("Content-Length",)), (200,)),
    "no-max-forwards": (request(drop=("Max-Forwards",)), (200,)),
    "no-branch": (request(Via="SIP/2.0/UDP %s;rport"), (200,)),
    "branch-empty": (request(Via="SIP/2.0/UDP %s;rport;branch="),
                     (200, 400, None)),
    "via-tcp": (request(Via="SIP/2.0/TCP %s;rport;branch=z9hG4bK1"), (200,)),
    "forwards-0": (request(Max_Forwards="0"), (200,)),
    "forwards-300": (request(Max_Forwards="300"), (200, 400)),
    "require": (request(Require="nothingSupportsThis, orThis"), (420,)),
    "proxy-require": (request(Proxy_Require="nothing"), (200, 420)),
    "long-call-id": (request(Call_ID="x" * 3000), (400, None)),
    "long-branch": (request(Via="SIP/2.0/UDP %s;rport;branch=z9hG4bK"
                            + "x" * 3000), (400, None)),
    "long-tag": (request(From="<sip:a@b>;tag=" + "x" * 3000), (400, None)),
    "long-values": (request(From="<sip:a@b>;tag=1;p=" + "v" * 4000,
                            Unknown="y" * 9000), (200, 400)),
    "endless-from": (request(From="<sip:a@b>;tag=1;p=" + "v" * 9000),
                     (200, 400, None)),
    "vias-200": (request(Via="SIP/2.0/UDP %s;rport;branch=z9hG4bKv\r\n"
                         + "Via: SIP/2.0/UDP h;branch=z9hG4bKw\r\n" * 200
                         + "X: y"), (200, None)),
    "routes-400": (request(Route="<sip:h;lr>," * 400 + "<sip:h;lr>"),
                   (200, 400, None)),
    "params-2000": (request(From="<sip:a@b>;tag=1" + ";p=1" * 2000),
                    (200, 400, None)),
    "two-tos": (request(To="<sip:c@d>\r\nTo: <sip:e@f>;tag=2"),
                (200, 400, 481, None)),
    "two-cseqs": (request(CSeq="1 OPTIONS\r\nCSeq: 2 BYE"), (200, 400, None)),
    "two-lengths": (request(Content_Length="0\r\nContent-Length: 5"),
                    (200, 400, None)),
    "bare-lf": (request().replace(b"\r\n", b"\n"), (200, 400, None)),
    "escape": (request(Subject="\x1b[2J"), (None, 400)),
    "nul": (request(Subject="a\0b"), (None, 400)),
    "not-utf-8": (request().replace(b"<sip:a@", b"\xff\xfe <sip:a@"),
                  (200, 400, None)),
    "multipart": (request("INVITE sip:a@h SIP/2.0", body=b"--b\r\n\r\n--b--",
                          Content_Type="multipart/mixed;boundary=b"),
                  (403, None)),
    "multipart-endless": (request(
        "INVITE sip:a@h SIP/2.0", body=b"--b\r\n" * 400,
        Content_Type="multipart/mixed;boundary=b"), (403, 400, None)),
    "multipart-no-boundary": (request(
        "INVITE sip:a@h SIP/2.0", body=b"--\r\n--\r\n",
        Content_Type="multipart/mixed;boundary="), (403, 400, None)),
    "replaces": (request("INVITE sip:a@h SIP/2.0",
                         Replaces="x;to-tag=1;from-tag=2"), (403,)),
    "response-100": (b"SIP/2.0 100\r\n\r\n", (None,)),
    "response-code-0": (request("SIP/2.0 000 None", "OPTIONS"), (None,)),
    "response-code-9999": (request("SIP/2.0 9999 Big", "INVITE"), (None,)),
    "response-two-vias": (request("SIP/2.0 200 OK", "INVITE",
                                  Route="x\r\nVia: SIP/2.0/UDP h"), (None,)),
    "ack": (request("ACK sip:a@h SIP/2.0"), (None,)),
}


@pytest.mark.parametrize("what", CASES)
def test_odd_message_is_answered_as_it_deserves(stage, peer, what):
    data, codes = CASES[what]
    data = data.replace(b"%s", peer.address.encode()) \
        .replace(b"%i", token().encode()) \
        .replace(b"%b", b"z9hG4bK" + token().encode())
    peer.send(data, stage.server.sip_address)
    assert ping(stage, peer).code == 200                # the order is kept
    answers = [m for m in peer.waiting if m.is_response]
    assert {m.code for m in answers} <= set(codes), answers
    assert answers or None in codes
    if answers and answers[0].code == 405:
        assert answers[0].get("allow")
    if answers and answers[0].code == 420:
        assert "orThis" in " ".join(answers[0].all("unsupported"))


def mutate(chance, whole):
    data = bytearray(whole)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(data))
        kind = chance.randrange(6)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at:at + chance.randrange(1, 9)]
        elif kind == 2:
            data[at:at] = chance.randbytes(chance.randrange(1, 5))
        elif kind == 3:
            data[at:at] = data[at:at + chance.randrange(1, 60)]
        elif kind == 4:
            data[at:at + 1] = chance.choice(
                (b"\r\n", b";", b'"', b"<", b",", b"=", b"\\", b"%00",
                 b"4294967296", b"-1", b"\r\n\r\n", b":"))
        else:
            data = data[:max(20, at)]
        if not data:
            break
    return bytes(data)


@pytest.mark.threads
def test_mutations_of_a_calls_messages_are_survived(stage, peer, receiver):
    """Answers, challenges and requests of a live call, and a REGISTER's."""
    server, chance = stage.server, random.Random(4475)
    pid, count = server.pid, int(os.environ.get("CARILLON_MUTATIONS", "2000"))
    account = {"username": "u", "password": "p"}
    carrier_id = server.carrier(peer.port, register=True, **account)
    register = peer.expect("REGISTER")
    for _ in range(4):
        stage.call(peer, carrier=account, ring_timeout_s=1)
        call = Talk(peer, receiver.port)
        invite, sdp = call.invite, describe("127.0.0.1", receiver.port)
        asked = [("WWW-Authenticate", challenge.make()),
                 ("Proxy-Authenticate", challenge.make(algorithm="SHA-256"))]
        whole = [response(invite, 180, "Ringing", to_tag=call.tag),
                 response(invite, 401, "Who", to_tag="x", extra=asked),
                 response(invite, 486, "Busy", to_tag="x", extra=[
                     ("Reason", 'Q.850;cause=17;text="busy"')]),
                 response(register, 200, "OK", to_tag="r", extra=[
                     ("Contact", register.get("contact") + ";expires=5")]),
                 response(register, 423, "Brief", to_tag="r", extra=[
                     ("Min-Expires", "70")]),
                 response(invite, 200, "OK", to_tag=call.tag, body=sdp,
                          contact=peer.contact, extra=[
                              ("Record-Route", "<sip:127.0.0.1:9;lr>")])]
        for n in range(count // 8):
            peer.send(mutate(chance, chance.choice(whole)), invite.source)
            if n % 50 == 49:
                ping(stage, peer)
                peer.waiting.clear()
        call.ok()
        late = [call.send(method, sdp, cseq=n) for n, method in
                enumerate(("INVITE", "UPDATE", "INFO", "REFER", "ACK"), 3)]
        for n in range(count // 8):
            peer.send(mutate(chance, chance.choice(late)), invite.source)
            if n % 50 == 49:
                ping(stage, peer)
                peer.waiting.clear()
        call.send("BYE")
    server.delete(f"/carriers/{carrier_id}")
    assert ping(stage, peer).code == 200
    assert server.pid == pid and server.process.alive()


def test_log_holds_whole_lines_and_no_secret(new_server, article, new_peer,
                                             peer):
    """CR, ESC and quotes of a far end stay inside their one JSON line."""
    server = new_server("log.level=debug", "sip.t1_ms=50")
    carrier_id = server.carrier(peer.port, username="client1",
                                password="s3cr3t-word")
    request_id = server.play("123456789", article.urls[:1],
                             carrier_id=carrier_id)
    invite = peer.expect("INVITE")
    asked = challenge.make(realm='r"\\x')
    peer.answer(invite, 401, "Who \u202e\x9b are", to_tag="x",
                extra=[("WWW-Authenticate", challenge.make())])
    peer.expect("ACK")
    second = peer.expect("INVITE")
    answer = challenge.parse(second.get("authorization"))
    call = Answered(peer, 4000, invite=second)
    call.refuse(486, 'Busy", "level": "error \u2028 \x85')
    server.wait_done(request_id)
    other = new_peer()
    other.send(b"BYE sip:\x1b[31m SIP/2.0\r\nVia: x\r\n\r\n",
               server.sip_address)
    text = until("the log", 3, lambda: "call: busy" in server.log()
                 and server.log())
    lines = [line for line in text.split("\n") if line.strip()]
    for line in lines:
        assert isinstance(json.loads(line), dict), line
    for secret in ("s3cr3t-word", answer["response"], "123456789", asked):
        assert secret not in text
    assert "\x1b" not in text and "\r" not in text
