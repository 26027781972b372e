"""rtp - a socket pair that keeps every RTP packet with the kernel's time.

SPDX-License-Identifier: MIT
"""
import socket
import struct
import threading
import time
from collections import namedtuple

from waiting import until

SO_TIMESTAMPNS = 35
Packet = namedtuple("Packet", "at seq stamp ssrc marker kind payload source")


def parse(data, at, source):
    first, second, seq, stamp, ssrc = struct.unpack("!BBHII", data[:12])
    start = 12 + 4 * (first & 15)
    if first & 0x10:
        start += 4 + 4 * struct.unpack("!H", data[start + 2:start + 4])[0]
    end = len(data) - (data[-1] if first & 0x20 else 0)
    return Packet(at, seq, stamp, ssrc, bool(second & 0x80), second & 0x7F,
                  data[start:end], source)


class RtpReceiver:
    """Listens on an even port and its odd neighbour from a thread."""

    def __init__(self, port, host="127.0.0.1"):
        self.host, self.port = host, port
        self.packets = []
        self.rtcp = []
        self.broken = []
        self.closed = False
        self.rtp_socket = self._open(port)
        self.rtcp_socket = self._open(port + 1)
        self.threads = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.rtp_socket, self._rtp),
                         (self.rtcp_socket, self._rtcp))]
        for thread in self.threads:
            thread.start()

    def _open(self, port):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.bind((self.host, port))
        sock.settimeout(0.2)
        return sock

    def _read(self, sock, take):
        while not self.closed:
            try:
                data, extra, _, source = sock.recvmsg(2048, 64)
            except socket.timeout:
                continue
            except OSError:
                return
            at = time.time()
            for level, kind, value in extra:
                if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                    seconds, nanos = struct.unpack("qq", value[:16])
                    at = seconds + nanos / 1e9
            take(data, at, source)

    def _rtp(self, data, at, source):
        if len(data) < 12 or data[0] >> 6 != 2:
            self.broken.append(data)
        else:
            self.packets.append(parse(data, at, source))

    def _rtcp(self, data, at, source):
        self.rtcp.append((at, data, source))

    def send(self, data, to):
        self.rtp_socket.sendto(data, to)

    def wait_packets(self, count, seconds):
        until(f"{count} RTP packets", seconds,
              lambda: len(self.packets) >= count)
        return self.packets

    def payloads(self):
        """In the order of their sequence numbers, duplicates dropped."""
        if not self.packets:
            return []
        base = self.packets[0].seq
        by_seq = {((p.seq - base + 0x8000) & 0xFFFF): p.payload
                  for p in reversed(self.packets)}
        return [by_seq[k] for k in sorted(by_seq)]

    def gaps(self):
        """Sequence numbers that never came."""
        if not self.packets:
            return 0
        base = self.packets[0].seq
        offsets = {(p.seq - base + 0x8000) & 0xFFFF for p in self.packets}
        return max(offsets) - min(offsets) + 1 - len(offsets)

    def spacing(self):
        """Seconds between packets, by the kernel's clock."""
        times = [p.at for p in self.packets]
        return [b - a for a, b in zip(times, times[1:])]

    def close(self):
        self.closed = True
        for thread in self.threads:
            thread.join(timeout=2)
        self.rtp_socket.close()
        self.rtcp_socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def packet(seq, stamp, ssrc, payload, kind=0, marker=False):
    return struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0),
                       seq & 0xFFFF, stamp & 0xFFFFFFFF, ssrc) + payload


def send_paced(receiver, to, payloads, kind=0, every=0.02, ssrc=0x1234):
    """Sends payloads as a stream with absolute deadlines."""
    start = time.monotonic()
    for n, payload in enumerate(payloads):
        wait = start + n * every - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        receiver.send(packet(n, n * 160, ssrc, payload, kind, n == 0), to)
