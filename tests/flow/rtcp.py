"""rtcp - compound packets, read without the server's parser (RFC 3550 6).

SPDX-License-Identifier: MIT
"""
import struct
from collections import namedtuple

SR, RR, SDES, BYE = 200, 201, 202, 203
FROM_1900 = 2208988800

Part = namedtuple("Part", "kind count ssrc body")
Sender = namedtuple("Sender", "wall stamp packets octets")
Block = namedtuple("Block", "ssrc fraction lost highest jitter lsr dlsr")


def split(data):
    """The parts of a compound packet, whose lengths must add up."""
    parts = []
    while data:
        first, kind, words = struct.unpack("!BBH", data[:4])
        size = 4 * (words + 1)
        assert first >> 6 == 2 and not first & 0x20, "version or padding"
        assert len(data) >= size >= 8, "length"
        parts.append(Part(kind, first & 31,
                          int.from_bytes(data[4:8], "big"), data[8:size]))
        data = data[size:]
    return parts


def sender(part):
    """What an SR says of the sender; wall is in seconds since 1970."""
    assert part.kind == SR
    seconds, fraction, stamp, packets, octets = struct.unpack(
        "!IIIII", part.body[:20])
    return Sender(seconds - FROM_1900 + fraction / 2**32, stamp, packets,
                  octets)


def blocks(part):
    """The report blocks of an SR or RR."""
    body = part.body[20 if part.kind == SR else 0:]
    found = []
    for n in range(part.count):
        ssrc, lost, *rest = struct.unpack("!IIIIII", body[24 * n:24 * n + 24])
        found.append(Block(ssrc, lost >> 24, lost & 0xFFFFFF, *rest))
    return found


def cname(parts):
    """The CNAME that the compound's SDES gives to its reporter."""
    found = [p for p in parts if p.kind == SDES]
    assert len(found) == 1 and found[0].count == 1, parts
    kind, size = found[0].body[:2]
    assert kind == 1 and found[0].ssrc == parts[0].ssrc
    assert set(found[0].body[2 + size:]) == {0}, "the list's end"
    return found[0].body[2:2 + size].decode()


def says_bye(parts):
    return [p.ssrc for p in parts if p.kind == BYE]


def pack_block(block):
    return struct.pack("!IIIIII", block.ssrc,
                       block.fraction << 24 | block.lost & 0xFFFFFF,
                       *block[3:])


def report(ssrc, blocks, name=b"far@127.0.0.1", sender=None):
    """RR, or SR with a Sender, and the CNAME."""
    body = b"".join(map(pack_block, blocks))
    if sender:
        wall = int((sender.wall + FROM_1900) * 2**32)
        body = struct.pack("!QIII", wall, *sender[1:]) + body
    head = struct.pack("!BBHI", 0x80 | len(blocks), SR if sender else RR,
                       len(body) // 4 + 1, ssrc)
    item = struct.pack("!IBB", ssrc, 1, len(name)) + name
    item += bytes(4 - len(item) % 4)
    return head + body + struct.pack("!BBH", 0x81, SDES,
                                     len(item) // 4) + item
