"""dns_server - a name server on loopback, UDP and TCP, that says what a test
tells it to, as rightly or wrongly as it likes.

    dns.a("sip.example", "127.0.0.1")
    dns.srv("_sip._udp.x.example", 10, 0, 5070, "sip.example", ttl=1)
    dns.naptr("x.example", 10, 10, "SIP+D2T", "_sip._tcp.x.example")
    dns.behave("bad.example", "silent")

A name that it knows has no other records than those (NODATA); any other does
not exist (NXDOMAIN); both last for `none_ttl`. Shares nothing with the server.

SPDX-License-Identifier: MIT
"""
import ipaddress
import socket
import struct
import threading

A, SOA, AAAA, SRV, NAPTR = 1, 6, 28, 33, 35
NAMES = {A: "A", AAAA: "AAAA", SRV: "SRV", NAPTR: "NAPTR"}
SERVFAIL, NXDOMAIN = 2, 3
UDP_MOST = 512


def wire_name(text):
    labels = [part for part in text.rstrip(".").split(".") if part]
    return b"".join(bytes([len(part)]) + part.encode()
                    for part in labels) + b"\0"


def wire_string(text):
    return bytes([len(text)]) + text.encode()


def record(owner, kind, ttl, data):
    return wire_name(owner) + struct.pack("!HHIH", kind, 1, ttl,
                                          len(data)) + data


def read_question(query):
    """(name, kind, the question's bytes)."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind = struct.unpack_from("!H", query, at + 1)[0]
    return ".".join(labels).lower(), kind, query[12:at + 5]


class DnsServer:
    """behaviours: silent, servfail, garbage, cut, wrong_id, held."""

    def __init__(self, port, host="127.0.0.1"):
        self.port = port
        self.records = {}               # name: [(kind, ttl, data)]
        self.behaviours = {}            # name: word; "*": every name
        self.none_ttl = 60
        self.lock = threading.Lock()
        self.asked = []                 # (name, "SRV", "udp")
        self.held = []                  # (data, to) that wait for release()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((host, port))
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((host, port))
        self.tcp.listen(8)
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self._serve_udp, self._serve_tcp)]
        for thread in self.threads:
            thread.start()

    # What it says.
    def add(self, name, kind, data, ttl=300):
        with self.lock:
            self.records.setdefault(name.lower(), []).append(
                (kind, ttl, data))

    def a(self, name, *addresses, ttl=300):
        for address in addresses:
            ip = ipaddress.ip_address(address)
            self.add(name, A if ip.version == 4 else AAAA, ip.packed, ttl)

    def srv(self, name, priority, weight, port, target, ttl=300):
        self.add(name, SRV, struct.pack("!HHH", priority, weight, port)
                 + wire_name(target), ttl)

    def naptr(self, name, order, preference, service, replacement,
              flags="s", ttl=300):
        self.add(name, NAPTR, struct.pack("!HH", order, preference)
                 + wire_string(flags) + wire_string(service)
                 + wire_string("") + wire_name(replacement), ttl)

    def forget(self, name):
        with self.lock:
            self.records.pop(name.lower(), None)

    def behave(self, name, word=None):
        """How it treats a name ("*": each that has no word of its own)."""
        with self.lock:
            if word:
                self.behaviours[name.lower()] = word
            else:
                self.behaviours.pop(name.lower(), None)

    def release(self):
        """Sends the answers that were held."""
        with self.lock:
            held, self.held = self.held, []
        for data, to in held:
            self.udp.sendto(data, to)

    # What was asked.
    def count(self, name=None, kind=None):
        with self.lock:
            return len([q for q in self.asked
                        if name in (None, q[0]) and kind in (None, q[1])])

    # How it says it.
    def _answer(self, query):
        name, kind, question = read_question(query)
        with self.lock:
            known = self.records.get(name)
            found = [r for r in known or () if r[0] == kind]
        code = 0 if known else NXDOMAIN
        body = b"".join(record(name, *r) for r in found)
        authority = b""
        if not found:
            authority = record("example", SOA, self.none_ttl, wire_name(
                "ns.example") * 2 + struct.pack("!IIIII", 1, 2, 3, 4,
                                                self.none_ttl))
        return struct.pack("!HHHHHH", int.from_bytes(query[:2], "big"),
                           0x8180 | code, 1, len(found), bool(authority),
                           0) + question + body + authority

    def _treat(self, query, proto):
        """[(bytes, held)] to send for a query."""
        name, kind, question = read_question(query)
        with self.lock:
            self.asked.append((name, NAMES.get(kind, kind), proto))
            word = self.behaviours.get(name, self.behaviours.get("*"))
        answer = self._answer(query)
        if word == "silent":
            return []
        if word == "servfail":
            return [(query[:2] + b"\x81\x82" + query[4:6] + bytes(6)
                     + question, False)]
        if word == "garbage":
            return [(query[:2] + bytes(range(1, 90)), False)]
        if word == "cut":
            # Right up to the records, of which it promises three.
            return [(answer[:6] + b"\0\3" + answer[8:12] + question
                     + b"\xc0\x0c\0", False)]
        if word == "wrong_id":
            wrong = bytes([query[0] ^ 0x55, query[1]])
            return [(wrong + answer[2:], False), (answer, False)]
        return [(answer, word == "held")]

    def _serve_udp(self):
        while True:
            try:
                query, source = self.udp.recvfrom(4096)
            except OSError:
                return
            if len(query) < 17:
                return                          # close() wakes us so
            for data, held in self._treat(query, "udp"):
                if len(data) > UDP_MOST:        # TC: come by TCP
                    data = data[:2] + b"\x83\x80" + data[4:6] + bytes(
                        6) + read_question(query)[2]
                if held:
                    with self.lock:
                        self.held.append((data, source))
                else:
                    self.udp.sendto(data, source)

    def _serve_tcp(self):
        while True:
            try:
                conn, _ = self.tcp.accept()
            except OSError:
                return
            with conn:
                conn.settimeout(5)
                try:
                    self._serve_conn(conn)
                except OSError:
                    pass

    def _serve_conn(self, conn):
        stream = conn.makefile("rb")
        while True:
            head = stream.read(2)
            if len(head) < 2:
                return
            query = stream.read(int.from_bytes(head, "big"))
            for data, _ in self._treat(query, "tcp"):
                conn.sendall(struct.pack("!H", len(data)) + data)

    def close(self):
        self.udp.sendto(b"", ("127.0.0.1", self.port))
        self.tcp.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(5)
        self.udp.close()
        self.tcp.close()
