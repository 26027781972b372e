"""ports - loopback ports that nobody else on this machine uses.

Every test process (each xdist worker is one) claims a slice of ports with a
file lock, so that workers, and several test runs at once, never collide.
The slices lie below the kernel's ephemeral range.

SPDX-License-Identifier: MIT
"""
import fcntl
import os
import socket
import tempfile

from waiting import until

FIRST, SLICES, SLICE = 9000, 14, 1690
SINGLES = 450           # ports given one by one; the rest is for media


class Ports:
    """The slice of this process; held until the process ends."""

    def __init__(self):
        folder = os.path.join(tempfile.gettempdir(),
                              f"carillon-ports.{os.getuid()}")
        os.makedirs(folder, exist_ok=True)
        self.lock, index = until("a free slice of ports", 300,
                                 lambda: self._claim(folder), every=0.5)
        self.first = FIRST + index * SLICE
        self.next = 0

    @staticmethod
    def _claim(folder):
        for index in range(SLICES):
            lock = open(os.path.join(folder, f"{index}.lock"), "w",
                        encoding="ascii")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock, index
            except OSError:
                lock.close()
        return None

    def one(self):
        """A port that is free for UDP and for TCP, even, with its odd
        neighbour free too, so that it serves RTP and RTCP as well."""
        for _ in range(SINGLES // 2):
            port = self.first + self.next
            self.next = (self.next + 2) % SINGLES
            if is_free(port) and is_free(port + 1):
                return port
        raise RuntimeError("no free port left in this slice")

    def media(self):
        """The range for a server's media, as 'first-last'."""
        return f"{self.first + SINGLES}-{self.first + SLICE - 1}"


def is_free(port):
    """On every address: strangers of a test live on others of 127/8."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                return False
    return True


def udp_is_bound(port):
    """True when some socket of this machine is bound to the UDP port."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        try:
            with open(table, encoding="ascii") as lines:
                if any(line.split()[1].endswith(wanted)
                       for line in list(lines)[1:]):
                    return True
        except OSError:
            pass
    return False
