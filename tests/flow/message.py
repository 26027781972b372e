"""message - SIP messages, read and written without the server's parser.

SPDX-License-Identifier: MIT
"""
import re
import secrets

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id",
           "m": "contact", "l": "content-length", "c": "content-type"}


class Message:
    """A parsed message; header names are looked up without case."""

    def __init__(self, data, source=None, at=None):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ",
                       head.decode("utf-8", "replace")).split("\r\n")
        self.raw = data
        self.source = source
        self.at = at
        self.start = lines[0]
        self.headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers.append((name.strip(), value.strip()))
        words = self.start.split(" ", 2)
        self.is_response = self.start.startswith("SIP/2.0 ")
        self.code = int(words[1]) if self.is_response else 0
        self.method = self.cseq[1] if self.is_response else words[0]
        self.uri = None if self.is_response else words[1]

    def all(self, name):
        name = name.lower()
        return [v for k, v in self.headers
                if COMPACT.get(k.lower(), k.lower()) == name]

    def get(self, name, default=None):
        found = self.all(name)
        return found[0] if found else default

    @property
    def cseq(self):
        number, _, method = self.get("cseq", "0 ?").partition(" ")
        # An answer to a broken request echoes what was in it.
        return int(number) if number.isdecimal() else 0, method.strip()

    @property
    def call_id(self):
        return self.get("call-id")

    @property
    def branch(self):
        found = re.search(r";\s*branch=([^;,\s]+)", self.get("via", ""))
        return found[1] if found else None

    def tag(self, header):
        found = re.search(r">?.*;\s*tag=([^;,\s]+)", self.get(header, ""))
        return found[1] if found else None

    def contact_uri(self):
        found = re.search(r"<([^>]+)>", self.get("contact", ""))
        return found[1] if found else self.get("contact")

    def sdp(self):
        return Sdp(self.body.decode("utf-8", "replace"))

    def __repr__(self):
        return f"<{self.start}>"


class Sdp:
    """The few lines of a session description that a call needs."""

    def __init__(self, text):
        self.text = text
        media = re.search(r"^m=audio (\d+) (\S+)(.*)$", text, re.M)
        self.port = int(media[1]) if media else 0
        self.profile = media[2] if media else ""
        self.formats = [int(f) for f in media[3].split()] if media else []
        where = re.search(r"^c=IN IP4 (\S+)", text, re.M)
        self.host = where[1].split("/")[0] if where else None

    def names(self):
        """Codec names in the order offered, telephone-event left out."""
        known = {0: "PCMU", 8: "PCMA", 18: "G729", 4: "G723"}
        for number, name in re.findall(r"^a=rtpmap:(\d+) ([^/\s]+)",
                                       self.text, re.M):
            known[int(number)] = name
        return [known.get(f, str(f)) for f in self.formats
                if known.get(f) != "telephone-event"]


def token(size=6):
    return secrets.token_hex(size)


def make_sdp(host, port, formats=(0, 8), extra=""):
    rtpmap = {0: "PCMU/8000", 8: "PCMA/8000", 18: "G729/8000",
              101: "telephone-event/8000"}
    return ("v=0\r\n" f"o=- 1 1 IN IP4 {host}\r\n" "s=-\r\n"
            f"c=IN IP4 {host}\r\n" "t=0 0\r\n"
            f"m=audio {port} RTP/AVP {' '.join(map(str, formats))}\r\n"
            + "".join(f"a=rtpmap:{f} {rtpmap[f]}\r\n" for f in formats
                      if f in rtpmap) + "a=ptime:20\r\n" + extra).encode()


def build(start, headers, body=b"", content_type="application/sdp"):
    lines = [start] + [f"{name}: {value}" for name, value in headers]
    if body:
        lines.append(f"Content-Type: {content_type}")
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def response(request, code, reason, to_tag=None, contact=None, body=b"",
             extra=()):
    """Answers a request as RFC 3261 8.2.6 asks."""
    headers = [("Via", v) for v in request.all("via")]
    headers += [("Record-Route", v) for v in request.all("record-route")]
    to = request.get("to")
    if to_tag and ";tag=" not in to:
        to += f";tag={to_tag}"
    headers += [("From", request.get("from")), ("To", to),
                ("Call-ID", request.call_id),
                ("CSeq", request.get("cseq"))]
    if contact:
        headers.append(("Contact", f"<{contact}>"))
    return build(f"SIP/2.0 {code} {reason}", headers + list(extra), body)
