"""ladder - a peer that keeps what passed, in order, as a call flow is drawn.

    peer.steps == ["> INVITE", "< 180", "< 200", "> ACK", ...]

">" came from the server, "<" went to it; what is sent again stands once.

SPDX-License-Identifier: MIT
"""
from message import Message
from udp_peer import UdpPeer


class Ladder(UdpPeer):
    def __init__(self, port, host="127.0.0.1"):
        super().__init__(port, host)
        self.steps = []
        self.known = set()

    def note(self, arrow, message):
        if message.raw in self.known:
            return
        self.known.add(message.raw)
        word = message.code if message.is_response else message.method
        # Which of two transactions it ends must be told.
        if message.is_response and message.method in ("CANCEL", "PRACK"):
            word = f"{word} {message.method}"
        self.steps.append(f"{arrow} {word}")

    def read(self, seconds):
        message = super().read(seconds)
        if message:
            self.note(">", message)
        return message

    def send(self, data, to):
        self.note("<", Message(data))
        super().send(data, to)

    def flow(self):
        """The steps, once nothing more comes."""
        self.drain()
        return self.steps
