"""How much of each item was heard, by the far end's receiver reports: exactly
what is in the packets that they tell of.

SPDX-License-Identifier: MIT
"""
import pytest

import g711
import judge
import keys
import rtcp
from rtp import packet
from stage import Talk, describe
from waiting import until

THEIRS = 0x1234


def plays(stage, *which, **more):
    return [{"play": stage.urls[n], **more} for n in which]


class Reporter:
    """A call whose far end says what it heard, when the test wants it."""

    def __init__(self, stage, peer, receiver, playlist, events=False, **job):
        self.stage, self.receiver = stage, receiver
        self.request_id = stage.call(peer, playlist=playlist, **job)
        self.talk = Talk(peer, receiver.port)
        self.talk.ok(sdp=keys.answer_with_events(receiver) if events
                     else None)
        self.talk.ack()
        sdp = self.talk.invite.sdp()
        self.to = (sdp.host, sdp.port)

    @property
    def packets(self):
        return judge.in_order(list(self.receiver.packets))

    def say(self, packets, ssrc=None):
        """A report of so many packets of ours."""
        first = self.packets[0]
        block = rtcp.Block(first.ssrc if ssrc is None else ssrc, 0, 0,
                           (first.seq + packets - 1) & 0xFFFFFFFF, 0, 0, 0)
        self.receiver.rtcp_socket.sendto(rtcp.report(THEIRS, [block]),
                                         (self.to[0], self.to[1] + 1))

    def confirm(self, packets):
        self.receiver.wait_packets(packets, 20)
        self.say(packets)

    def hang_up(self):
        """The attempt, ended by the callee."""
        self.talk.bye()
        return self._attempt("callee")

    def end(self):
        self.talk.take_bye(20)
        return self._attempt("caller")

    def _attempt(self, by):
        row = self.stage.row(self.request_id, "completed")
        attempt = row["attempts"][0]
        assert attempt["hangup_by"] == by
        # What left, left for us; the last of it may be on its way yet.
        until("the last packet", 2, lambda: attempt["rtp"]["sent"] ==
              len(self.receiver.packets))
        return attempt

    def units(self, packets):
        """Samples of sound or time in the first packets, G.711 all of it."""
        return sum(160 if p.kind == keys.TYPE else len(p.payload)
                   for p in self.packets[:packets])


def in_ms(script, units):
    """{item: whole ms of it} in so many samples of the script, which is a list
    of (item or None, samples)."""
    sums, begin = {}, 0
    for item, samples in script:
        part = max(0, min(begin + samples, units) - begin)
        if item is not None and (begin < units or samples == 0):
            sums[item] = sums.get(item, 0) + part
        begin += samples
    return {item: part // 8 for item, part in sums.items()}


def judged(reporter, attempt, script, confirmed):
    """sent_ms by what left, confirmed_ms by what was reported of it."""
    played = attempt["played"]
    sent = in_ms(script, reporter.units(attempt["rtp"]["sent"]))
    heard = in_ms(script, reporter.units(confirmed))
    assert {i["item"]: i["sent_ms"] for i in played} == sent
    assert {i["item"]: i["confirmed_ms"] for i in played} == \
        {item: heard.get(item, 0) for item in sent}


@pytest.fixture
def call(stage, peer, receiver):
    return lambda *args, **more: Reporter(stage, peer, receiver, *args,
                                          **more)


def sizes(stage):
    return [len(samples) for samples in stage.samples]


# ---- where a report falls ---------------------------------------------------

@pytest.mark.parametrize("packets", [1, 37, 38, 60, 76, 80, 87, 91])
def test_repeats_and_pauses_are_told_apart(stage, call, packets):
    """Within the first turn, in the packet that both turns share, in the
    second, in a pause, behind it; then the callee hangs up."""
    reporter = call([*plays(stage, 0, repeat=2), {"pause_ms": 203},
                     *plays(stage, 2), {"pause_ms": 7, "repeat": 3}])
    reporter.confirm(packets)
    attempt = reporter.hang_up()
    first, _, third = sizes(stage)
    judged(reporter, attempt, [(0, first), (0, first), (1, 1624), (2, third),
                               *[(3, 56)] * 3], packets)


def test_all_of_it_is_confirmed_at_the_end(stage, call):
    """Round after round; the last report comes before our BYE does."""
    reporter = call([*plays(stage, 0), {"pause_ms": 33}], repeat=3)
    script = [(0, sizes(stage)[0]), (1, 264)] * 3
    whole = -(-sum(samples for _, samples in script) // 160)
    for packets in (20, 50, 100, whole):
        reporter.confirm(packets)
    attempt = reporter.end()
    assert attempt["rtp"]["sent"] == whole
    judged(reporter, attempt, script, whole)
    assert all(i["sent_ms"] == i["confirmed_ms"] for i in attempt["played"])


@pytest.mark.parametrize("how", ["older", "ahead", "before", "of-others",
                                 "cycles"])
def test_odd_reports_take_nothing_back(stage, call, how):
    """One that was overtaken, one of packets that did not leave yet, or from
    before the first one, of another source; a far end may count its cycles as
    it likes."""
    reporter = call(plays(stage, 0, 2))
    reporter.confirm(20)
    # Reports are read twice a second; of two at once the newest counts.
    reporter.receiver.wait_packets(60, 5)
    if how == "older":
        reporter.say(5)
    elif how == "ahead":
        reporter.say(3000)
    elif how == "before":
        reporter.say(-100)
    elif how == "of-others":
        reporter.say(30, ssrc=1)
    else:
        reporter.say(25 + 7 * 65536)
    attempt = reporter.hang_up()
    judged(reporter, attempt, list(enumerate([sizes(stage)[0],
                                              sizes(stage)[2]])),
           25 if how == "cycles" else 20)


# ---- jumps ------------------------------------------------------------------

def cut_at(reporter, samples, before):
    """How much of the recording was said when the next sound began: whole
    packets, for a jump joins no two sounds in one."""
    packets = reporter.packets
    following = b"".join(p.payload for p in packets if p.kind == 0)
    wanted = g711.encode("mulaw", samples)[:1600]
    at = following.index(wanted, before)
    assert at % 160 == 0
    return at


def test_a_jump_leaves_out_what_was_not_said(stage, call, receiver):
    """A digit cuts the recording short and leads over the next."""
    reporter = call([*plays(stage, 0), {"gather": {
        "timeout_s": 20, "on": {"1": 3}}}, *plays(stage, 2, 1)], events=True)
    reporter.receiver.wait_packets(10, 5)
    keys.Keypad(reporter.talk, receiver).press("1")
    reporter.confirm(45)
    attempt = reporter.hang_up()
    cut = cut_at(reporter, stage.samples[1], 0)
    assert 10 * 160 <= cut < sizes(stage)[0]
    judged(reporter, attempt, [(0, cut), (1, 0), (3, sizes(stage)[1])], 45)


def test_a_jump_back_adds_to_what_was_said(stage, call, receiver):
    """Of the item that is said twice, both turns count."""
    reporter = call([*plays(stage, 0, 2), {"gather": {
        "timeout_s": 20, "on": {"*": 0}}}, *plays(stage, 1)], events=True)
    reporter.receiver.wait_packets(45, 5)
    keys.Keypad(reporter.talk, receiver).press("*")
    reporter.confirm(60)
    attempt = reporter.hang_up()
    first, _, third = sizes(stage)
    cut = cut_at(reporter, stage.samples[0], first)
    judged(reporter, attempt, [(0, first), (1, cut - first), (2, 0),
                               (0, first), (1, third)], 60)


def test_waiting_for_a_digit_is_no_sound(stage, call, receiver):
    """The silence of a gather is confirmed to nobody."""
    reporter = call([*plays(stage, 0), {"gather": {"timeout_s": 20}},
                     *plays(stage, 2)], events=True)
    reporter.confirm(60)
    keys.Keypad(reporter.talk, receiver).press("1")
    reporter.receiver.wait_packets(90, 5)
    attempt = reporter.hang_up()
    items = {i["item"]: i for i in attempt["played"]}
    whole = sizes(stage)[0] // 8
    assert items[0]["sent_ms"] == items[0]["confirmed_ms"] == whole
    assert items[1]["confirmed_ms"] <= items[1]["sent_ms"]
    assert items[2]["sent_ms"] > 0 and items[2]["confirmed_ms"] == 0


# ---- what changes under way -------------------------------------------------

@pytest.mark.parametrize("packets", [37, 38, 52, 60])
def test_digits_that_leave_as_events_are_heard_too(stage, call, packets):
    reporter = call([*plays(stage, 0), {"dtmf": "12"}, *plays(stage, 2)],
                    events=True)
    reporter.receiver.wait_packets(65, 10)
    reporter.confirm(packets)
    attempt = reporter.hang_up()
    assert len(keys.events(reporter.packets)) == 2
    first, _, third = sizes(stage)
    judged(reporter, attempt, [(0, first), (None, -first % 160), (1, 3200),
                               (2, third)], packets)


@pytest.mark.parametrize("more", [0, 12])
def test_other_packet_time_is_counted_by_its_packets(stage, call, more):
    """20 ms become 40; of reports that tell of both, and of the first."""
    reporter = call(plays(stage, 0, 1))
    reporter.receiver.wait_packets(15, 5)
    body = describe("127.0.0.1", reporter.receiver.port, version=2)
    assert reporter.talk.reinvite(
        body.replace(b"ptime:20", b"ptime:40")).code == 200
    until("longer packets", 5, lambda: len(
        reporter.receiver.packets[-1].payload) == 320)
    short = sum(len(p.payload) == 160 for p in reporter.packets)
    reporter.receiver.wait_packets(short + 20, 5)
    reporter.confirm(short + more if more else 12)
    attempt = reporter.hang_up()
    judged(reporter, attempt, list(enumerate(sizes(stage)[:2])),
           short + more if more else 12)


def test_what_was_heard_before_a_hold_stays_heard(stage, call):
    reporter = call(plays(stage, 0, 2))
    reporter.confirm(12)
    port = reporter.receiver.port
    for n, how in enumerate(("inactive", "sendrecv"), 2):
        assert reporter.talk.reinvite(describe(
            "127.0.0.1", port, how, n)).code == 200
    reporter.receiver.wait_packets(40, 5)
    reporter.confirm(31)
    attempt = reporter.hang_up()
    judged(reporter, attempt, list(enumerate([sizes(stage)[0],
                                              sizes(stage)[2]])), 31)


def test_another_ssrc_goes_on_counting(stage, call, receiver):
    """RFC 3550 8.2: a report of the old one is no longer about us."""
    reporter = call(plays(stage, 0, 2))
    reporter.confirm(15)
    old = reporter.packets[0].ssrc
    for seq in range(3):
        receiver.send(packet(seq, 160 * seq, old, b"\xff" * 160), reporter.to)
    until("another SSRC", 5, lambda: receiver.packets[-1].ssrc != old)
    new = receiver.packets[-1].ssrc
    receiver.wait_packets(45, 5)
    reporter.say(40, ssrc=new)
    reporter.say(45, ssrc=old)
    attempt = reporter.hang_up()
    judged(reporter, attempt, list(enumerate([sizes(stage)[0],
                                              sizes(stage)[2]])), 40)


def test_who_reports_seldom_is_told_less_never_more(stage, call):
    """Thirty items of 40 ms and one report at their end: of the last ones it is
    known which sound it tells of."""
    reporter = call([{"pause_ms": 40}] * 30)
    reporter.confirm(58)
    attempt = reporter.end()
    played = attempt["played"]
    assert [i["sent_ms"] for i in played] == [40] * 30
    assert all(i["confirmed_ms"] in (0, 40) for i in played)
    assert [i["confirmed_ms"] for i in played[-10:]] == [40] * 9 + [0]
