"""caller - a small SIP caller and registrant, to prove the peers with.

SPDX-License-Identifier: MIT
"""
import rtp
from message import make_sdp, token
from udp_peer import UdpPeer, digest


class Caller(UdpPeer):
    """Places one call and plays payloads to whoever answers."""

    def start(self, number, to, rtp_port, from_user="caller"):
        self.to = to
        self.call_id = token()
        self.uri = f"sip:{number}@{to[0]}:{to[1]}"
        self.me = f"<sip:{from_user}@{self.address}>;tag={token(4)}"
        self.callee = f"<{self.uri}>"
        self.branch = "z9hG4bK" + token()
        self.request("INVITE", self.uri, to, self.call_id, 1, self.me,
                     self.callee, make_sdp(self.host, rtp_port),
                     branch=self.branch)

    def final(self, seconds=10):
        """The final answer to the INVITE, acknowledged."""
        found = self.expect(lambda m: m.is_response and m.code >= 200
                            and m.cseq[1] == "INVITE", seconds)
        self.acknowledge(found)
        return found

    def acknowledge(self, found):
        ok = found.code < 300
        self.request("ACK", found.contact_uri() if ok else self.uri, self.to,
                     self.call_id, 1, self.me, found.get("to"),
                     branch=None if ok else self.branch)

    def cancel(self):
        self.request("CANCEL", self.uri, self.to, self.call_id, 1, self.me,
                     self.callee, branch=self.branch)

    def bye(self, answer):
        self.request("BYE", answer.contact_uri(), self.to, self.call_id, 2,
                     self.me, answer.get("to"))
        return self.expect(lambda m: m.is_response and m.cseq[1] == "BYE")

    def play(self, receiver, answer, payloads, kind=0):
        sdp = answer.sdp()
        rtp.send_paced(receiver, (sdp.host, sdp.port), payloads, kind)


class Registrant(UdpPeer):
    """Registers once, by hand, with digest."""

    def register(self, user, password, domain, to, expires=60):
        call_id, me = token(), f"<sip:{user}@{domain}>"
        uri = f"sip:{domain}"

        def send(cseq, extra):
            self.request("REGISTER", uri, to, call_id, cseq,
                         f"{me};tag={token(4)}", me,
                         extra=[("Expires", str(expires))] + extra)
            return self.expect(lambda m: m.is_response and m.code >= 200
                               and m.cseq == (cseq, "REGISTER"))

        first = send(1, [])
        if first.code != 401:
            return first
        value = digest(first.get("www-authenticate"), "REGISTER", uri, user,
                       password)
        return send(2, [("Authorization", value)])
