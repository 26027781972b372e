"""srtp - the other side of encrypted RTP and RTCP (RFC 3711, RFC 7714), keys by
SDP (RFC 4568); shares nothing with the server.

SPDX-License-Identifier: MIT
"""
import base64
import hashlib
import hmac
import re
import secrets
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import rtp

# name: bytes of key, of salt, of the tag of RTP (RTCP's is 10 or 16)
SUITES = {"AES_CM_128_HMAC_SHA1_80": (16, 14, 10),
          "AES_CM_128_HMAC_SHA1_32": (16, 14, 4),
          "AEAD_AES_128_GCM": (16, 12, 16),
          "AEAD_AES_256_GCM": (32, 12, 16)}


def new_key(suite):
    key, salt, _ = SUITES[suite]
    return secrets.token_bytes(key + salt)


def line(tag, suite, key, more=""):
    """a=crypto as text, with its line end."""
    return f"a=crypto:{tag} {suite} inline:" \
           f"{base64.b64encode(key).decode()}{more}\r\n"


def lines(message):
    """[(tag, suite, key), ...] of a description."""
    return [(int(tag), suite, base64.b64decode(key)) for tag, suite, key in
            re.findall(r"^a=crypto:(\d+) (\S+) inline:(\S+)\r?$",
                       message.body.decode(), re.M)]


class Forged(Exception):
    """Not sealed with this key."""


def keystream(key, iv, data):
    return Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor().update(data)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


class Context:
    """One direction under one master key; packets come in order."""

    def __init__(self, suite, master):
        self.key_len, self.salt_len, self.rtp_tag = SUITES[suite]
        self.gcm = suite.startswith("AEAD")
        assert len(master) == self.key_len + self.salt_len
        self.rtp = self._keys(master, 0)
        self.rtcp = self._keys(master, 3)
        self.high = {}                  # by SSRC: roll-over counter, number
        self.index = 0                  # of RTCP that we seal

    def _keys(self, master, label):
        """RFC 3711 4.3: session key, authentication key, salt."""
        def derive(which, size):
            iv = bytearray(master[self.key_len:].ljust(16, b"\0"))
            iv[7] ^= which
            return keystream(master[:self.key_len], bytes(iv), bytes(size))

        return (derive(label, self.key_len), derive(label + 1, 20),
                derive(label + 2, self.salt_len))

    def _roll_over(self, ssrc, seq):
        """RFC 3711 3.3.1, appendix A."""
        roc, last = self.high.get(ssrc, (0, seq))
        if seq < last - 0x8000:
            roc += 1
        elif seq > last + 0x8000:
            return roc - 1
        if (roc, seq) > (roc, last) or ssrc not in self.high \
                or roc != self.high[ssrc][0]:
            self.high[ssrc] = (roc, seq)
        return roc

    def _cm(self, keys, ssrc, index, data):
        iv = xor(keys[2].ljust(16, b"\0"),
                 struct.pack("!IIQ", 0, ssrc, index << 16))
        return keystream(keys[0], iv, data)

    def _gcm_iv(self, keys, head):
        return xor(keys[2], head)

    @staticmethod
    def _head(packet):
        """Length of the RTP header."""
        size = 12 + 4 * (packet[0] & 15)
        if packet[0] & 0x10:
            size += 4 + 4 * struct.unpack("!H", packet[size + 2:size + 4])[0]
        return size

    def _numbers(self, packet):
        seq, = struct.unpack("!H", packet[2:4])
        ssrc, = struct.unpack("!I", packet[8:12])
        return seq, ssrc, self._roll_over(ssrc, seq)

    def _tag(self, keys, packet, roc, size):
        return hmac.new(keys[1], packet + struct.pack("!I", roc),
                        hashlib.sha1).digest()[:size]

    def seal(self, packet):
        seq, ssrc, roc = self._numbers(packet)
        size = self._head(packet)
        head, body = packet[:size], packet[size:]
        if self.gcm:
            iv = self._gcm_iv(self.rtp, struct.pack("!HIIH", 0, ssrc, roc,
                                                    seq))
            return head + AESGCM(self.rtp[0]).encrypt(iv, body, head)
        packet = head + self._cm(self.rtp, ssrc, roc << 16 | seq, body)
        return packet + self._tag(self.rtp, packet, roc, self.rtp_tag)

    def open(self, packet):
        seq, ssrc, roc = self._numbers(packet)
        size = self._head(packet)
        if self.gcm:
            iv = self._gcm_iv(self.rtp, struct.pack("!HIIH", 0, ssrc, roc,
                                                    seq))
            return packet[:size] + self._unlock(self.rtp, iv, packet[size:],
                                                packet[:size])
        packet, tag = packet[:-self.rtp_tag], packet[-self.rtp_tag:]
        if tag != self._tag(self.rtp, packet, roc, self.rtp_tag):
            raise Forged(packet)
        return packet[:size] + self._cm(self.rtp, ssrc, roc << 16 | seq,
                                        packet[size:])

    @staticmethod
    def _unlock(keys, iv, data, more):
        try:
            return AESGCM(keys[0]).decrypt(iv, data, more)
        except InvalidTag as error:
            raise Forged(data) from error

    def seal_rtcp(self, packet):
        """RFC 3711 3.4; RFC 7714 9."""
        self.index += 1
        ssrc, = struct.unpack("!I", packet[4:8])
        trailer = struct.pack("!I", 0x80000000 | self.index)
        head, body = packet[:8], packet[8:]
        if self.gcm:
            iv = self._gcm_iv(self.rtcp, struct.pack("!HIHI", 0, ssrc, 0,
                                                     self.index))
            return head + AESGCM(self.rtcp[0]).encrypt(
                iv, body, head + trailer) + trailer
        packet = head + self._cm(self.rtcp, ssrc, self.index, body) + trailer
        return packet + hmac.new(self.rtcp[1], packet,
                                 hashlib.sha1).digest()[:10]

    def open_rtcp(self, packet):
        ssrc, = struct.unpack("!I", packet[4:8])
        head = packet[:8]
        if self.gcm:
            body, trailer = packet[8:-4], packet[-4:]
        else:
            packet, tag = packet[:-10], packet[-10:]
            if tag != hmac.new(self.rtcp[1], packet,
                               hashlib.sha1).digest()[:10]:
                raise Forged(packet)
            body, trailer = packet[8:-4], packet[-4:]
        index = struct.unpack("!I", trailer)[0]
        assert index & 0x80000000, "RTCP is not encrypted"
        index &= 0x7FFFFFFF
        if self.gcm:
            iv = self._gcm_iv(self.rtcp, struct.pack("!HIHI", 0, ssrc, 0,
                                                     index))
            return head + self._unlock(self.rtcp, iv, body, head + trailer)
        return head + self._cm(self.rtcp, ssrc, index, body)


class SrtpReceiver(rtp.RtpReceiver):
    """Keeps what could be opened in packets and rtcp, the rest in broken;
    sends what it is given sealed. Plain until it has keys; after a change it
    opens under the old ones, too."""

    def __init__(self, port, host="127.0.0.1"):
        self.incoming, self.outgoing = [], None
        self.sealed = []                # as it was on the wire
        super().__init__(port, host)

    def set_keys(self, suite, theirs, ours):
        self.incoming = [Context(suite, theirs), *self.incoming]
        self.outgoing = Context(suite, ours)

    def _opened(self, data, how):
        if not self.incoming:
            return data
        for context in self.incoming:
            try:
                return getattr(context, how)(data)
            except (Forged, struct.error):
                continue
        self.broken.append(data)
        return None

    def _rtp(self, data, at, source):
        self.sealed.append(data)
        data = self._opened(data, "open")
        if data:
            super()._rtp(data, at, source)

    def _rtcp(self, data, at, source):
        data = self._opened(data, "open_rtcp")
        if data:
            super()._rtcp(data, at, source)

    def send(self, data, to):
        super().send(self.outgoing.seal(data) if self.outgoing else data, to)

    def send_rtcp(self, data, to):
        if self.outgoing:
            data = self.outgoing.seal_rtcp(data)
        self.rtcp_socket.sendto(data, to)
