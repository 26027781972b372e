"""challenge - digest from the registrar's side: asks, and checks answers.

Shares nothing with the server, so that it can judge it (RFC 7616, 8760).

SPDX-License-Identifier: MIT
"""
import hashlib
import re

from message import token

HASHES = {"MD5": "md5", "SHA-256": "sha256"}


def make(realm="test", nonce=None, algorithm="MD5", qop="auth", stale=False,
         more=""):
    """The value of a WWW-Authenticate or Proxy-Authenticate."""
    text = f'Digest realm="{realm}", nonce="{nonce or token()}"'
    if algorithm:
        text += f", algorithm={algorithm}"
    if qop:
        text += f', qop="{qop}"'
    if stale:
        text += ", stale=true"
    return text + more


def parse(value):
    """{name: value} of an answer or a challenge."""
    assert value.startswith("Digest "), value
    found = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))', value)
    return {name: re.sub(r"\\(.)", r"\1", quoted) or bare
            for name, quoted, bare in found}


def expected(answer, request, user, password):
    """What the response of a parsed answer has to be."""
    kind = HASHES[answer.get("algorithm", "MD5")]

    def h(*parts):
        whole = b":".join(p if isinstance(p, bytes) else p.encode()
                          for p in parts)
        return hashlib.new(kind, whole).hexdigest()

    first = h(user, answer["realm"], password)
    second = [request.method, answer["uri"]]
    if answer.get("qop") == "auth-int":
        second.append(h(request.body))
    if "qop" not in answer:
        return h(first, answer["nonce"], h(*second))
    return h(first, answer["nonce"], answer["nc"], answer["cnonce"],
             answer["qop"], h(*second))


def right(request, asked, user="client1", password="password1", proxy=False,
          nc="00000001"):
    """Asserts that the request answers the challenge; returns the parts."""
    name = "proxy-authorization" if proxy else "authorization"
    asked = parse(asked)
    answer = next((a for a in map(parse, request.all(name))
                   if a["nonce"] == asked["nonce"]), None)
    assert answer, f"{asked} is not answered in {request.raw!r}"
    assert answer["realm"] == asked["realm"]
    assert answer["username"] == user
    assert answer["uri"] == request.uri
    assert answer.get("opaque") == asked.get("opaque")
    assert answer.get("algorithm") == asked.get("algorithm")
    assert ("qop" in answer) == ("qop" in asked) == ("nc" in answer)
    if "qop" in asked:
        assert answer["nc"] == nc and len(answer["cnonce"]) >= 8
    assert answer["response"] == expected(answer, request, user, password)
    return answer


def no_hash(request):
    """Asserts that nothing of a password is in it."""
    for word in (b"response", b"Authorization", b"password1"):
        assert word not in request.raw, request.raw


def ask(peer, request, *challenges, proxy=False, code=None):
    """Challenges an INVITE and takes the ACK."""
    name = "Proxy-Authenticate" if proxy else "WWW-Authenticate"
    extra = [c if isinstance(c, tuple) else (name, c) for c in challenges]
    peer.answer(request, code or (407 if proxy else 401), "Who Are You",
                to_tag="asked", extra=extra)
    if request.method == "INVITE":
        ack = peer.expect("ACK")
        assert ack.branch == request.branch
        assert ack.all("authorization") == request.all("authorization")
    return challenges[0]


def again(peer, before):
    """The request after a challenge: 8.1.3.5."""
    after = peer.expect(before.method)
    assert after.cseq[0] == before.cseq[0] + 1
    assert after.branch != before.branch
    for name in ("call-id", "from", "to"):
        assert after.get(name) == before.get(name), name
    assert after.uri == before.uri and not after.tag("to")
    return after
