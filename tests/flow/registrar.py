"""registrar - one for very many users, which keeps the time of all it saw.

A thread of its own answers; a test reads the records meanwhile. Digest with a
nonce for each user, whose nc has to rise. Users may be ignored or turned away.

SPDX-License-Identifier: MIT
"""
import re
import socket
import threading
import time
from collections import defaultdict, namedtuple

import challenge
from message import Message, response, token

Seen = namedtuple("Seen", "at code expires nc")
USER = re.compile(r"<sip:([^@>]+)@")


class Registrar:
    def __init__(self, port, password, granted, host="127.0.0.1"):
        self.password, self.granted = password, granted
        self.ignored = set()            # users that get no answer
        self.turned_away = set()        # users that get 503
        self.seen = defaultdict(list)   # user: what came, without repetitions
        self.nonces = {}                # user: [challenge, last nc]
        self.answers = {}               # user: (branch, answer), to repeat
        self.repeated = 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.sock.bind((host, port))
        self.sock.settimeout(0.1)
        self.port = port
        self.over = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while not self.over:
            try:
                data, source = self.sock.recvfrom(65536)
            except socket.timeout:
                continue
            request = Message(data, source, time.monotonic())
            if request.is_response or request.method != "REGISTER":
                continue
            user = USER.search(request.get("to"))[1]
            answer = self._answer(user, request)
            if answer:
                self.sock.sendto(answer, source)

    def _answer(self, user, request):
        branch, answer = self.answers.get(user, (None, None))
        if branch == request.branch:
            self.repeated += 1
            return answer
        code, extra, nc = self._judge(user, request)
        if not code:
            answer = None
        else:
            answer = response(request, code, "So", to_tag="r", extra=extra)
        self.answers[user] = (request.branch, answer)
        self.seen[user].append(Seen(request.at, code,
                                    int(request.get("expires")), nc))
        return answer

    def _judge(self, user, request):
        """(code, further headers, nc of the answer to the challenge)."""
        if user in self.ignored:
            return 0, (), 0
        if user in self.turned_away:
            return 503, (), 0
        nc = self._nc(user, request)
        if not nc:
            asked = challenge.make(realm="many", nonce=token())
            self.nonces[user] = [challenge.parse(asked), 0]
            return 401, [("WWW-Authenticate", asked)], 0
        self.nonces[user][1] = nc
        if request.get("expires") == "0":
            return 200, (), nc
        return 200, [("Contact", request.get("contact") +
                      f";expires={self.granted}")], nc

    def _nc(self, user, request):
        """The count of a right answer to the user's challenge, or 0."""
        value = request.get("authorization")
        asked, last = self.nonces.get(user, (None, 0))
        if not value or not asked:
            return 0
        answer = challenge.parse(value)
        right = challenge.expected(answer, request, user, self.password)
        nc = int(answer["nc"], 16)
        fits = (answer["nonce"] == asked["nonce"] and nc > last and
                answer["uri"] == request.uri and answer["response"] == right)
        return nc if fits else 0

    def grants(self, user):
        """Times at which the user was bound, oldest first."""
        return [s.at for s in self.seen[user] if s.code == 200 and s.expires]

    def is_bound(self, user):
        """By the registrar's own book."""
        last = next((s for s in reversed(self.seen[user]) if s.code == 200),
                    None)
        return bool(last and last.expires and
                    time.monotonic() < last.at + self.granted)

    def stop(self):
        self.over = True
        self.thread.join()
        self.sock.close()
