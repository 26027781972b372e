"""strangers - who sends to a media port without being the far end.

They know what an eavesdropper may know: SSRCs, numbers, time stamps, payload
types; and they keep whatever comes back.

SPDX-License-Identifier: MIT
"""
import itertools
import random
import struct
import threading
import time

import keys
import rtcp
from rtp import RtpReceiver, packet

THEIRS = 0x1234                         # the SSRC of the far end
STUN = struct.pack("!HHI", 1, 0, 0x2112A442) + b"stranger-id."
# Addresses that nobody else on this machine is likely to use.
HOST, ELSEWHERE = "127.77.0.2", "127.77.0.3"
LOUD = b"\x80" * 160                    # full scale
MANY = 20                               # a burst, each 5 ms: 4,000 a second


def forgeries(ours, n, chance):
    """What may be sent as the n-th of each kind; `ours` is a packet of the
    server's, or None before there is one."""
    ssrc, seq, stamp = (ours.ssrc, ours.seq, ours.stamp) if ours else (9, 0, 0)
    block = rtcp.Block(ssrc, 255, 0x7FFFFF, seq + n, 99999, 1, 1)
    bye = struct.pack("!BBHI", 0x81, rtcp.BYE, 1, THEIRS)
    digit = keys.press("9", n, 1600 * n, THEIRS)
    return [
        packet(n, n * 160, THEIRS, LOUD),
        packet(n + 1, n * 160 + 160, THEIRS, LOUD, marker=True),
        packet(seq + n, stamp + n * 160, ssrc, LOUD),
        packet(n, n * 160, 77, LOUD, kind=8),
        packet(n, n * 160, THEIRS, b"\x40", kind=13),
        *digit,
        rtcp.report(THEIRS, [block]),
        rtcp.report(THEIRS, [block], sender=rtcp.Sender(1e9, 1, 2, 3)),
        rtcp.report(THEIRS, [block]) + bye,
        rtcp.report(ssrc, [block]) + bye.replace(
            struct.pack("!I", THEIRS), struct.pack("!I", ssrc)),
        bye, STUN, b"OPTIONS sip:a@b SIP/2.0\r\n\r\n", b"\x16\xfe\xff" * 20,
        b"", chance.randbytes(chance.randrange(1500)), b"\x80" * 11]


class Stranger(RtpReceiver):
    """On another host; sent counts what it sent."""

    def __init__(self, port, host=HOST):
        super().__init__(port, host)
        self.sent = 0
        self.spraying = None
        self.over = False

    def say(self, data, to):
        self.rtp_socket.sendto(data, to)
        self.sent += 1

    def say_all(self, packets, to):
        """Each of them, to both ports and from both."""
        for data in packets:
            self.say(data, to)
            self.rtcp_socket.sendto(data, (to[0], to[1] + 1))
            self.sent += 1

    def spray(self, to, ours):
        """All of it, again and again, until stop() or close(); ours() is the
        server's newest packet."""
        self.spraying = threading.Thread(target=self._spray, args=(to, ours),
                                         daemon=True)
        self.spraying.start()

    def _spray(self, to, ours):
        chance = random.Random(self.port)
        turns = (data for n in itertools.count()
                 for data in forgeries(ours(), n, chance))
        start = time.monotonic()
        for turn in itertools.count(1):
            self.say_all(itertools.islice(turns, MANY // 2), to)
            while time.monotonic() < start + turn * 0.005:
                if self.over:
                    return
                time.sleep(0.001)

    def stop(self):
        self.over = True
        if self.spraying:
            self.spraying.join()
        self.close()

    def got_nothing(self):
        assert not self.packets and not self.rtcp and not self.broken
        return True
