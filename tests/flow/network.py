"""network - far ends behind a network that is as bad as a test wants it.

    server <-- sockets | Way there --> Ear, reports
                       | Way back  <-- voice

One thread serves all far ends. What a way does to a packet is drawn from a
seeded generator, one packet after the other, so that each run does the same.
The far end lives in the time that the network says, not in the one that this
process gets: only what is sent to the server depends on the load, and is noted
with the time before and behind it.

SPDX-License-Identifier: MIT
"""
import heapq
import itertools
import random
import selectors
import socket
import struct
import threading
import time
from collections import namedtuple

import rtcp
from rtp import SO_TIMESTAMPNS, packet, parse

RATE, EVERY = 8000, 0.02
VOICE = b"\xff" * 160

Sent = namedtuple("Sent", "before after seq stamp")
Told = namedtuple("Told", "before after block")


class Way:
    """One direction, as netem has it: shares of packets that are lost, come
    twice, or overtake the others; seconds of delay, give or take jitter."""

    def __init__(self, seed, loss=0, delay=0, jitter=0, twice=0, reorder=0):
        self.loss, self.delay, self.jitter = loss, delay, jitter
        self.twice, self.reorder = twice, reorder
        self.chances = {kind: random.Random(f"{seed} {kind}")
                        for kind in ("rtp", "rtcp")}

    def fates(self, kind="rtp"):
        """The delay of each copy that arrives."""
        lost, twice, first, late, echo = (self.chances[kind].random()
                                          for _ in range(5))
        if lost < self.loss:
            return []
        delay = self.delay + self.jitter * (2 * late - 1)
        if first < self.reorder:
            delay = 0
        copies = 2 if twice < self.twice else 1
        # The copy comes at once, or has another packet before it.
        return [delay, delay + (0.03 if echo < 0.5 else 0)][:copies]


class Ear:
    """What a receiver knows of a source: RFC 3550 A.1, A.3 and A.8."""

    def __init__(self):
        self.next = self.base = self.highest = None
        self.received = self.jitter16 = 0
        self.last = None                # transit and time stamp
        self.prior = (0, 0)             # expected, received at the last report

    def take(self, seq, stamp, arrival):
        """arrival in units of the RTP clock."""
        if self.highest is None:
            if seq != self.next:        # two in a row make a source
                self.next = (seq + 1) & 0xFFFF
                return
            self.base = self.highest = seq
        else:
            step = ((seq - self.highest + 0x8000) & 0xFFFF) - 0x8000
            self.highest += max(step, 0)
        self.received += 1
        self._jitter(stamp, arrival - stamp)

    def _jitter(self, stamp, transit):
        # A repetition tells nothing of the time at which it was sent.
        if self.last and self.last[1] == stamp:
            return
        if self.last:
            change = (transit - self.last[0] + 2**31) % 2**32 - 2**31
            self.jitter16 += abs(change) - ((self.jitter16 + 8) >> 4)
        self.last = transit, stamp

    @property
    def expected(self):
        return 0 if self.highest is None else self.highest - self.base + 1

    @property
    def lost(self):
        return self.expected - self.received

    @property
    def jitter(self):
        return self.jitter16 >> 4

    def fraction(self):
        """Since it was asked for before."""
        want, got = self.expected - self.prior[0], \
            self.received - self.prior[1]
        self.prior = self.expected, self.received
        return max(0, 256 * (want - got) // want) if want else 0


class Far:
    """One far end; its ports are the ones that the server gets to know."""

    def __init__(self, network, port, there=None, back=None, ssrc=0x1234,
                 first=65400):
        self.network, self.port = network, port
        self.there, self.back = there or Way(0), back or Way(0)
        self.ssrc, self.first = ssrc, first     # the numbers wrap, too
        self.ear = Ear()
        self.arrived = []               # of ours, at the sockets
        self.heard = []                 # of those, what the way let through
        self.sent = []                  # to the server, as it left
        self.told = []                  # blocks, as they left
        self.reports = []               # of the server's: (when, parts)
        self.last_sr = None             # its time, and when it came
        self.to = None
        self.speaking = False
        self.sockets = [self._open(port, self._take_rtp),
                        self._open(port + 1, self._take_rtcp)]

    def _open(self, port, take):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.bind(("127.0.0.1", port))
        self.network.watch(sock, take)
        return sock

    # ---- from the server ----

    def _take_rtp(self, at, data):
        self.arrived.append(parse(data, at, None))
        for delay in self.there.fates():
            self.network.later(at + delay, self._hear, self.arrived[-1])

    def _hear(self, at, one):
        self.heard.append(one._replace(at=at))
        self.ear.take(one.seq, one.stamp, int(at * RATE))

    def _take_rtcp(self, at, data):
        parts = rtcp.split(data)
        self.reports.append((at, parts))
        if parts[0].kind != rtcp.SR:
            return
        for delay in self.there.fates("rtcp"):
            self.network.later(at + delay, self._take_sr, parts[0])

    def _take_sr(self, at, part):
        wall = int.from_bytes(part.body[2:6], "big")
        self.last_sr = wall, at

    # ---- to the server ----

    def speak(self, to, count):
        """So many packets of voice from now on."""
        self.to, self.speaking = to, True
        self.network.later(time.time(), self._say, 0, count)

    def _say(self, at, n, count):
        for delay in self.back.fates():
            self.network.later(at + delay, self._send, n)
        if n + 1 < count:
            self.network.later(at + EVERY, self._say, n + 1, count)

    def _send(self, _, n):
        seq, stamp = (self.first + n) & 0xFFFF, n * 160
        data = packet(seq, stamp, self.ssrc, VOICE)
        before = time.time()
        self.sockets[0].sendto(data, self.to)
        self.sent.append(Sent(before, time.time(), seq, stamp))

    def report(self, to, every, count):
        """So many reports from now on."""
        self.to = to
        self.network.later(time.time() + every, self._tell, every, count)

    def _tell(self, at, every, count):
        if count > 1:
            self.network.later(at + every, self._tell, every, count - 1)
        if not self.ear.received:
            return
        since = int((at - self.last_sr[1]) * 65536) if self.last_sr else 0
        block = rtcp.Block(self.heard[0].ssrc, self.ear.fraction(),
                           self.ear.lost, self.ear.highest, self.ear.jitter,
                           self.last_sr[0] if self.last_sr else 0, since)
        for delay in self.back.fates("rtcp"):
            self.network.later(at + delay, self._send_report, block)

    def _send_report(self, _, block):
        data = rtcp.report(self.ssrc, [block])
        before = time.time()
        self.sockets[1].sendto(data, (self.to[0], self.to[1] + 1))
        self.told.append(Told(before, time.time(), block))

    def at_the_server(self):
        """What the server must have made of our voice, and by how many units
        of jitter it may differ.

        Each arrival is known as well as the two clock readings around it. The
        estimate is a mean of the differences of two of them, so it is not
        further off than the worst of these; the units that arrivals are cut to
        and the roundings of A.8 make three more.
        """
        ear = Ear()
        for one in self.sent:
            ear.take(one.seq, one.stamp,
                     int((one.before + one.after) / 2 * RATE))
        unsure = max(one.after - one.before for one in self.sent)
        return ear, 3 + unsure * RATE


class Network:
    """Runs the far ends; close() stops it."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.due, self.numbers = [], itertools.count()
        self.lock = threading.Lock()
        self.trouble = None
        self.closed = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def watch(self, sock, take):
        self.selector.register(sock, selectors.EVENT_READ, take)

    def later(self, at, work, *args):
        """work(at, *args), at that time of the wall clock."""
        with self.lock:
            heapq.heappush(self.due, (at, next(self.numbers), work, args))

    def _run(self):
        try:
            while not self.closed:
                self._turn()
        except Exception as error:      # told by close()
            self.trouble = error

    def _turn(self):
        now = time.time()
        wait = self.due[0][0] - now if self.due else 1
        for key, _ in self.selector.select(min(max(wait, 0), 0.005)):
            data, extra, _, _ = key.fileobj.recvmsg(2048, 64)
            key.data(arrival(extra), data)
        now = time.time()
        while self.due and self.due[0][0] <= now:
            with self.lock:
                at, _, work, args = heapq.heappop(self.due)
            work(at, *args)

    def close(self):
        self.closed = True
        self.thread.join(5)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
        assert not self.trouble, repr(self.trouble)


def arrival(extra):
    """When the kernel got it; each socket here asks for the time."""
    seconds, nanos = struct.unpack("qq", extra[0][2][:16])
    return seconds + nanos / 1e9
