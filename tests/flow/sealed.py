"""sealed - a call with SRTP on a stage, and what its far end says and hears.

SPDX-License-Identifier: MIT
"""
import struct

import g711
import prompts
import rtp
import srtp
from stage import Talk, describe

CM80, CM32, GCM128, GCM256 = (
    "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32",
    "AEAD_AES_128_GCM", "AEAD_AES_256_GCM")
OFFER = [CM80, CM32, GCM256, GCM128]        # in the order of ours
VOICE = g711.packets("mulaw", [prompts.sound(4800, 21)])


def offered(message):
    """{suite: (tag, key)} of a description of ours."""
    return {suite: (tag, key) for tag, suite, key in srtp.lines(message)}


def said(receiver, crypto="", profile="RTP/SAVP", **more):
    """What the far end says of itself."""
    return describe("127.0.0.1", receiver.port, **more).replace(
        b"RTP/AVP", profile.encode()) + crypto.encode()


class SealedTalk(Talk):
    """A call whose INVITE came; tell() answers it."""

    def __init__(self, stage, peer, receiver, mode="required", items=1,
                 job=None, **carrier):
        self.request_id = stage.call(peer, items, **job or {},
                                     carrier={"srtp": mode, **carrier})
        super().__init__(peer, receiver.port)
        self.stage, self.receiver = stage, receiver
        self.lines = offered(self.invite)
        self.profile = self.invite.sdp().profile
        self.suite = self.key = None

    def crypto(self, suite, tag=None, more="", key=None):
        """A line of ours with a new key, which the receiver uses from now
        on."""
        self.suite, self.key = suite, key or srtp.new_key(suite)
        if suite in self.lines:
            self.receiver.set_keys(suite, self.lines[suite][1], self.key)
        return srtp.line(tag or self.lines[suite][0], suite, self.key, more)

    def tell(self, crypto="", **more):
        more.setdefault("profile", self.profile)
        self.ok(sdp=said(self.receiver, crypto, **more))
        self.ack()
        return self

    @property
    def theirs(self):
        sdp = self.invite.sdp()
        return sdp.host, sdp.port

    def speak(self, payloads=None, first=0, ssrc=0x1234):
        """Sends sealed voice, without a pause between the packets."""
        for n, payload in enumerate(payloads or VOICE, first):
            self.receiver.send(rtp.packet(n, n * 160, ssrc, payload),
                               self.theirs)

    def report(self, lost, ssrc=0x1234):
        """A receiver report with that loss."""
        host, port = self.theirs
        ours = self.receiver.packets[0]
        self.receiver.send_rtcp(struct.pack(
            "!BBHIIIIIII", 0x81, 201, 7, ssrc, ours.ssrc, lost, ours.seq, 0,
            0, 0), (host, port + 1))

    def figures(self, state="completed"):
        """Of the attempt, when the call is over."""
        return self.stage.row(self.request_id, state)["attempts"][0]


def sealed_talk(stage, peer, receiver, suite=CM80, **more):
    """A call that is answered with a suite."""
    talk = SealedTalk(stage, peer, receiver, **more)
    return talk.tell(talk.crypto(suite))
