"""A network that loses, delays, reorders and repeats, in both directions: the
report's figures are what it did, by RFC 3550's arithmetic.

The network is the scripted one of network.py: this kernel's netem
(sch_netem) is a module that machines of tests often lack, and its generator
has no seed, so that nobody could say exactly what it had done.

SPDX-License-Identifier: MIT
"""
import math
import time

import pytest

import g711
import judge
import rtcp
from network import VOICE, Far, Network, Way
from rtp import packet
from stage import Talk
from waiting import PATIENCE, until

# Of 7.6 s: their voice ends before ours, so that nothing is under way then.
SPOKEN, REPORTS, EVERY = 310, 17, 0.4

WAYS = {
    "clean": {},
    "loss-1": {"loss": 0.01}, "loss-5": {"loss": 0.05},
    "loss-20": {"loss": 0.2},
    "jitter-5": {"delay": 0.01, "jitter": 0.005},
    "jitter-20": {"delay": 0.03, "jitter": 0.02},
    "jitter-40": {"delay": 0.05, "jitter": 0.04},
    "reorder": {"delay": 0.05, "reorder": 0.1},
    "twice": {"twice": 0.1},
    "all": {"loss": 0.05, "delay": 0.06, "jitter": 0.03, "twice": 0.05,
            "reorder": 0.05}}


@pytest.fixture
def network(stop_later):
    return stop_later(Network())


def media_of(talk):
    sdp = talk.invite.sdp()
    return sdp.host, sdp.port


def figures(attempt):
    return attempt["rtp"]


def mos(expected, lost, jitter_us, round_trip_us):
    """ITU-T G.107 for G.711 with concealment (G.113: Ie 0, Bpl 25.1); half of
    the way there and back, and a buffer of twice the jitter."""
    delay = (round_trip_us or 0) / 2000 + jitter_us / 500
    slow = 0
    if delay > 100:
        x = math.log2(delay / 100)
        slow = 25 * ((1 + x**6)**(1 / 6) - 3 * (1 + (x / 3)**6)**(1 / 6) + 2)
    share = 100 * lost / expected
    r = 93.2 - slow - 95 * share / (share + 25.1)
    return max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)


# ---- both ways, by a network ------------------------------------------------

class Line:
    """A call over a bad network."""

    def __init__(self, stage, peer, network, port, name):
        self.name, self.stage = name, stage
        how = WAYS[name]
        self.far = Far(network, port, Way(f"there {name}", **how),
                       Way(f"back {name}", **how))
        self.request_id = stage.call(peer, playlist=[
            {"play": url} for url in stage.urls * 2])
        self.talk = Talk(peer, port)
        self.talk.ok()
        self.talk.ack()
        to = media_of(self.talk)
        self.far.speak(to, SPOKEN)
        self.far.report(to, EVERY, REPORTS)

    def judge(self):
        attempt = self.stage.row(self.request_id, "completed")["attempts"][0]
        counted = figures(attempt)
        self.sent(counted)
        self.received(counted)
        self.reported(counted)
        self.rated(counted)
        self.confirmed(attempt)

    def sent(self, counted):
        """Each packet left once, and what came through is the sound."""
        wanted = g711.packets("mulaw", self.stage.samples * 2)
        assert counted["sent"] == len(self.far.arrived) == len(wanted)
        assert counted["sent_bytes"] == 160 * len(wanted)
        judge.heard_exactly(self.far.arrived, "mulaw",
                            self.stage.samples * 2)
        assert counted["strangers"] == 0

    def received(self, counted):
        """Of what the far end said: A.3 and A.8 over what left for us."""
        far = self.far
        ear, unsure = far.at_the_server()
        assert counted["received"] == len(far.sent)
        assert counted["lost"] == max(0, ear.lost)
        assert abs(counted["jitter_us"] / 125 - ear.jitter) <= unsure
        came = {one.seq for one in far.sent}
        if not far.back.twice:          # then loss is what never came
            run = range(ear.base, ear.highest + 1)
            missing = sum(s & 0xFFFF not in came for s in run)
            # A.1: what is overtaken by the source's beginning counts, too.
            assert 0 <= missing - ear.lost <= 2
        assert bool(far.back.loss) == (len(came) < SPOKEN)
        if far.back.jitter:             # uniform: a mean of 2/3 of it
            assert 0.3 < ear.jitter / RATE_MS / (
                far.back.jitter * 1000) < 1.2

    def reported(self, counted):
        """Of what we said: the last block that left for us."""
        told = self.far.told[-1]
        assert counted["far_lost"] == max(0, told.block.lost)
        assert counted["far_jitter_us"] == told.block.jitter * 125
        lost = len(self.far.arrived) - len({p.seq for p in self.far.heard})
        assert bool(lost) == bool(self.far.there.loss)
        if lost and not self.far.there.twice:
            # One second of it was not reported, 100 ms were under way.
            assert abs(told.block.lost - lost) <= 15
        self.round_trip(counted["round_trip_us"])

    def round_trip(self, told_us):
        """From the SR to the block that answers it; our clock's ms and the
        kernel's work make the difference."""
        asked = [t for t in self.far.told if t.block.lsr]
        if not asked:
            assert told_us is None
            return
        came = (asked[-1].before + rtcp.FROM_1900) % 65536
        took = (came - (asked[-1].block.lsr + asked[-1].block.dlsr) / 65536
                + 32768) % 65536 - 32768
        unsure = 0.003 * PATIENCE + asked[-1].after - asked[-1].before
        assert abs(told_us / 1e6 - took) <= unsure, took

    def rated(self, counted):
        wanted = mos(counted["received"] + counted["lost"], counted["lost"],
                     counted["jitter_us"], counted["round_trip_us"])
        assert abs(counted["mos"] - wanted) < 0.0051
        seen = self.far.told[-1].block.highest - self.far.arrived[0].seq + 1
        wanted = mos(seen, counted["far_lost"], counted["far_jitter_us"],
                     counted["round_trip_us"])
        assert abs(counted["far_mos"] - wanted) < 0.0051

    def confirmed(self, attempt):
        """Up to the newest packet that any block told of."""
        seen = max(t.block.highest for t in self.far.told) - \
            self.far.arrived[0].seq + 1
        assert [i["confirmed_ms"] for i in attempt["played"]] == \
            heard_ms([(n, len(s)) for n, s in
                      enumerate(self.stage.samples * 2)], seen)


RATE_MS = 8


def heard_ms(script, packets, size=160):
    """script is (item, samples) as they are played; what of each is in so many
    packets, in whole ms."""
    sums, begin = {}, 0
    for item, samples in script:
        end = begin + samples
        heard = max(0, min(end, packets * size) - begin)
        sums[item] = sums.get(item, 0) + heard
        begin = end
    return [sums[item] // RATE_MS for item in sorted(sums)]


def test_rfc3550_a_3_a_8_figures_are_what_the_network_did(
        stage, peer, network, ports):
    """Loss of 1, 5 and 20 %, jitter of 5, 20 and 40 ms, another order, copies,
    and all at once; there and back, in calls side by side."""
    lines = [Line(stage, peer, network, ports.one(), name) for name in WAYS]
    for line in lines:
        line.talk.take_bye(30)
    for line in lines:
        line.judge()


# ---- what a far end reports, and what it does not ---------------------------

THEIRS = 0x1234


def speak(talk, receiver, seqs):
    for seq in seqs:
        receiver.send(packet(seq, seq * 160, THEIRS, VOICE), media_of(talk))


def tell(talk, receiver, *blocks, **more):
    host, port = media_of(talk)
    receiver.rtcp_socket.sendto(rtcp.report(THEIRS, blocks, **more),
                                (host, port + 1))


def about(receiver, packets=1, ssrc=None, **more):
    """A block that tells of so many packets of ours."""
    first = judge.in_order(receiver.packets)[0]
    block = rtcp.Block(first.ssrc if ssrc is None else ssrc, 0, 0,
                       first.seq + packets - 1, 0, 0, 0)
    return block._replace(**more)


def ended(stage, talk):
    """The attempt, after the whole recording was heard."""
    talk.take_bye(10)
    return stage.row(talk.request_id, "completed")["attempts"][0]


UNKNOWN = ("far_lost", "far_jitter_us", "round_trip_us", "far_mos")


@pytest.mark.parametrize("says", ["nothing", "voice", "empty", "of-others",
                                  "as-ours"])
def test_far_end_that_does_not_report_of_us_confirms_nothing(
        stage, peer, receiver, says):
    """It may be silent, or send reports without a block, or with those of
    other sources, or claim to be us."""
    talk = stage.talk(peer, receiver)
    ours = receiver.wait_packets(3, 5)[0].ssrc
    other = about(receiver, 3, ours ^ 1, lost=9, jitter=80, lsr=1)
    host, port = media_of(talk)
    if says != "nothing":
        speak(talk, receiver, range(20))
    if says == "empty":
        tell(talk, receiver)
        tell(talk, receiver, sender=rtcp.Sender(time.time(), 0, 20, 3200))
    if says == "of-others":
        tell(talk, receiver, *[other] * 31)
    if says == "as-ours":
        receiver.rtcp_socket.sendto(rtcp.report(ours, [
            about(receiver, 3, lost=9, jitter=80)]), (host, port + 1))
    attempt = ended(stage, talk)
    counted = figures(attempt)
    assert [counted[name] for name in UNKNOWN] == [None] * 4
    assert [i["confirmed_ms"] for i in attempt["played"]] == [None]
    assert attempt["played"][0]["sent_ms"] == len(stage.samples[0]) // 8
    assert counted["received"] == (0 if says == "nothing" else 20)
    # Nobody can say how nothing sounded.
    assert counted["mos"] == (None if says == "nothing" else 4.41)
    if says != "as-ours":               # there the SSRC is given up
        stage.heard_all(receiver.packets)


@pytest.mark.parametrize("lost,counted", [
    (0, 0), (7, 7), (-1, 0), (-0x800000, 0), (0x7FFFFF, 0x7FFFFF)])
def test_rfc3550_6_4_1_loss_that_is_reported_has_a_sign(stage, peer, receiver,
                                                        lost, counted):
    """Copies make it negative; that is no loss. Of several blocks, and of
    several reports, the last about us counts."""
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(10, 5)
    tell(talk, receiver, about(receiver, 5, lost=99, jitter=800))
    tell(talk, receiver, about(receiver, 9, 5, lost=98),
         about(receiver, 9, lost=lost, jitter=12), about(receiver, 9, 6))
    attempt = ended(stage, talk)
    found = figures(attempt)
    assert found["far_lost"] == counted and found["far_jitter_us"] == 1500
    assert attempt["played"][0]["confirmed_ms"] == 9 * 20
    # More than all of it cannot have been lost.
    assert abs(found["far_mos"] - mos(9, min(counted, 9), 1500, 0)) < 0.0051


@pytest.mark.parametrize("held,said,wanted", [
    (0.2, 0.2, 0), (0.2, 0.05, 0.15), (0.1, 0.4, None), (0, None, None)])
def test_rfc3550_6_4_1_round_trip_is_without_the_far_ends_own_time(
        stage, peer, receiver, held, said, wanted):
    """The time since our SR less what the far end had it; nothing is said of
    one without a SR, or with numbers that cannot be."""
    talk = stage.talk(peer, receiver, items=3)
    until("our SR", 5, lambda: receiver.rtcp)
    at, data, _ = receiver.rtcp[0]
    lsr = int.from_bytes(rtcp.split(data)[0].body[2:6], "big")
    until("its time", 5, lambda: time.time() >= at + held, 0.001)
    tell(talk, receiver, about(
        receiver, 5, lsr=0 if said is None else lsr,
        dlsr=int((said or 0) * 65536) & 0xFFFFFFFF))
    took = time.time() - at - held
    talk.bye()
    counted = figures(stage.row(talk.request_id, "completed")["attempts"][0])
    if wanted is None:
        assert counted["round_trip_us"] is None
    else:
        assert 0 <= counted["round_trip_us"] / 1e6 - wanted <= \
            took + 0.003 * PATIENCE
    assert counted["far_lost"] == 0


def test_last_words_before_the_bye_are_heard(stage, peer, receiver):
    """A report with an RTCP BYE, and then the BYE of SIP, without a pause."""
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(12, 5)
    speak(talk, receiver, range(5))
    host, port = media_of(talk)
    bye = b"\x81\xcb\x00\x01" + THEIRS.to_bytes(4, "big")
    receiver.rtcp_socket.sendto(
        rtcp.report(THEIRS, [about(receiver, 12, lost=2)]) + bye,
        (host, port + 1))
    talk.bye()
    attempt = stage.row(talk.request_id, "completed")["attempts"][0]
    assert attempt["hangup_by"] == "callee"
    assert attempt["played"][0]["confirmed_ms"] == 240
    assert figures(attempt)["far_lost"] == 2
    assert figures(attempt)["received"] == 5
