"""pcap - reads a capture file of raw IP packets, and believes nothing in it.

SPDX-License-Identifier: MIT
"""
import ipaddress
import struct
from collections import namedtuple

Packet = namedtuple("Packet", "at source target payload")

RAW, UDP = 101, 17


def ones(data):
    """The Internet checksum's sum (RFC 1071): 0xffff where one is right."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def read_ip(data):
    """(addresses as they are, UDP datagram) of one packet."""
    if data[0] >> 4 == 4:
        assert data[0] == 0x45 and data[9] == UDP
        assert struct.unpack(">H", data[2:4])[0] == len(data)
        assert data[8] > 0 and ones(data[:20]) == 0xffff
        return data[12:16], data[16:20], data[20:]
    assert data[0] >> 4 == 6 and data[6] == UDP and data[7] > 0
    assert struct.unpack(">H", data[4:6])[0] == len(data) - 40
    return data[8:24], data[24:40], data[40:]


def read_udp(data):
    source, target, datagram = read_ip(data)
    ports = struct.unpack(">HHHH", datagram[:8])
    assert ports[2] == len(datagram) and ports[3]
    pseudo = source + target + struct.pack(">II", len(datagram), UDP)
    assert ones(pseudo + datagram) == 0xffff
    return ((str(ipaddress.ip_address(source)), ports[0]),
            (str(ipaddress.ip_address(target)), ports[1]), datagram[8:])


def read(data):
    """All packets of a file; whatever is not exact is an AssertionError."""
    magic, major, minor, zone, accuracy, snap, link = struct.unpack(
        "<IHHiIII", data[:24])
    assert magic == 0xa1b2c3d4 and (major, minor) == (2, 4)
    assert (zone, accuracy, link) == (0, 0, RAW) and snap >= 65535
    packets, at = [], 24
    while at < len(data):
        seconds, micros, kept, length = struct.unpack("<IIII",
                                                      data[at:at + 16])
        assert kept == length <= snap and micros < 1000000
        body = data[at + 16:at + 16 + kept]
        assert len(body) == kept
        packets.append(Packet(seconds + micros / 1e6, *read_udp(body)))
        at += 16 + kept
    return packets
