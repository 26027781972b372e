"""tcp_peer - a scripted SIP peer on TCP or TLS connections.

Like UdpPeer, but a message's source is the connection that it came by, and
answers go back by it. What the peer does with its connections is the test's.

SPDX-License-Identifier: MIT
"""
import re
import select
import socket
import ssl
import time

from message import Message
from udp_peer import UdpPeer

LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:\s*(\d+)", re.I)


class Link:
    """One connection."""

    def __init__(self, sock, pongs=True):
        self.sock = sock
        self.data = b""
        self.pongs = pongs      # whether we answer pings
        self.pings = 0
        self.open = True

    def fileno(self):
        return self.sock.fileno()

    def buffered(self):
        return isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()

    def fill(self):
        """Reads what is there; notices the end."""
        try:
            more = self.sock.recv(65536)
        except (ssl.SSLWantReadError, BlockingIOError):
            return
        except OSError:
            more = b""
        self.open = bool(more)
        self.data += more

    def take(self):
        """The next whole message, or None."""
        while self.data.startswith(b"\r\n"):
            ping = self.data.startswith(b"\r\n\r\n")
            self.data = self.data[4 if ping else 2:]
            self.pings += ping
            if ping and self.pongs:
                self.send(b"\r\n")
        head, end, rest = self.data.partition(b"\r\n\r\n")
        if not end:
            return None
        found = LENGTH.search(head)
        assert found, f"no Content-Length in {head!r}"  # RFC 3261 20.14
        size = int(found[1])
        if len(rest) < size:
            return None
        self.data = rest[size:]
        return head + end + rest[:size]

    def send(self, data):
        self.sock.setblocking(True)
        self.sock.sendall(data)
        self.sock.setblocking(False)

    def gone(self, seconds=5):
        """Waits until the other side has closed it."""
        end = time.monotonic() + seconds
        while self.open and time.monotonic() < end:
            select.select([self.sock], [], [], 0.1)
            self.fill()
        return not self.open

    def close(self):
        self.open = False
        self.sock.close()


class TcpPeer(UdpPeer):
    """context: a server's ssl.SSLContext makes it TLS."""

    def __init__(self, port, host="127.0.0.1", context=None):
        self.host, self.port, self.context = host, port, context
        self.transport = "TLS" if context else "TCP"
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, port), family=family,
                                             backlog=64)
        self.links = []         # every connection, in order
        self.failed = []        # handshakes that came to nothing
        self.seen, self.waiting = [], []

    @property
    def contact(self):
        return f"sip:peer@{self.address};transport={self.transport.lower()}"

    def dial(self, address, context=None, name=None):
        """A connection to the server."""
        sock = socket.create_connection(address, 5)
        if context:
            sock = context.wrap_socket(sock, server_hostname=name)
        sock.setblocking(False)
        self.links.append(Link(sock))
        return self.links[-1]

    def accept(self):
        sock, _ = self.listener.accept()
        sock.settimeout(5)
        if self.context:
            try:
                sock = self.context.wrap_socket(sock, server_side=True)
            except OSError as error:
                self.failed.append(error)
                sock.close()
                return
        sock.setblocking(False)
        self.links.append(Link(sock))

    def open_links(self):
        return [link for link in self.links if link.open]

    def read(self, seconds):
        end = time.monotonic() + max(seconds, 0.001)
        while True:
            for link in self.links:
                data = link.open and link.take()
                if data:
                    message = Message(data, link, time.time())
                    self.seen.append(message)
                    return message
            if time.monotonic() > end:
                return None
            self._wait(end - time.monotonic())

    def _wait(self, seconds):
        links = self.open_links()
        if any(link.buffered() for link in links):
            seconds = 0
        ready, _, _ = select.select([self.listener, *links], [], [],
                                    max(seconds, 0))
        if self.listener in ready:
            self.accept()
        for link in links:
            if link in ready or link.buffered():
                link.fill()

    def send(self, data, to):
        to.send(data)

    def close(self):
        self.listener.close()
        for link in self.links:
            link.close()
