"""When an answered call begins to play: at once, when the far end is heard, or
when its greeting is over.

SPDX-License-Identifier: MIT
"""
import math
import threading
from array import array

import pytest

import g711
import judge
import keys
import prompts
from rtp import packet, send_paced
from stage import Talk
from waiting import PATIENCE, until

SECOND = 8000


def hum(ms, frequency=1000, level=9000):
    return array("h", (round(level * math.sin(
        2 * math.pi * frequency * n / SECOND)) for n in range(8 * ms)))


def quiet(ms):
    return array("h", [0] * (8 * ms))


class Waiting:
    """A call that is answered; the test is the far end's voice."""

    def __init__(self, stage, peer, receiver, start, item=0, **job):
        self.stage, self.receiver, self.item = stage, receiver, item
        self.request_id = stage.call(
            peer, start=start, playlist=[{"play": stage.urls[item]}], **job)
        self.talk = Talk(peer, receiver.port)
        self.talk.ok()
        self.ack = self.talk.ack()
        sdp = self.talk.invite.sdp()
        self.to = (sdp.host, sdp.port)
        self.speaker = None

    def speak(self, *sounds):
        """In real time, on a thread of its own."""
        self.speaker = threading.Thread(target=send_paced, args=(
            self.receiver, self.to, g711.packets("mulaw", sounds)),
            daemon=True)
        self.speaker.start()

    def say_one(self):
        self.receiver.send(packet(1, 160, 9, b"\xff" * 160), self.to)

    def began_at(self):
        """When the first packet that is no silence came, after the ACK."""
        first = next(p for p in judge.in_order(self.receiver.packets)
                     if p.payload.strip(b"\xff"))
        return first.at - self.ack.at

    def end(self, seconds=30):
        """The recording was heard whole, with nothing but silence before;
        returns what the report says of it."""
        self.talk.take_bye(seconds)
        if self.speaker:
            self.speaker.join()
        row = self.stage.row(self.request_id, "completed")
        packets = judge.in_order(self.receiver.packets)
        sound = b"".join(p.payload for p in packets)
        whole = b"".join(g711.packets("mulaw",
                                      [self.stage.samples[self.item]]))
        assert sound.endswith(whole), "the recording was not heard whole"
        assert not sound[:-len(whole)].strip(b"\xff"), "not silence"
        judge.well_formed(packets, 0)
        attempt = row["attempts"][0]
        assert [i["item"] for i in attempt["played"]] == [0]
        return attempt


@pytest.fixture
def call(stage, peer, receiver):
    return lambda *args, **more: Waiting(stage, peer, receiver, *args, **more)


def near(attempt, seconds, began, late=0.3):
    """It began then, and says so."""
    assert seconds - 0.06 <= began <= seconds + late * PATIENCE, began
    assert abs(attempt["started_ms"] / 1000 - began) <= 0.1 * PATIENCE


@pytest.mark.parametrize("start", ["answer", None])
def test_it_begins_with_the_answer(call, start):
    waiting = call(start)
    attempt = waiting.end()
    assert attempt["started"] == "answer"
    near(attempt, 0, waiting.began_at(), 0.1)


def test_it_waits_for_the_first_packet(call):
    waiting = call("media", start_wait_ms=20000)
    waiting.talk.peer.nothing(lambda _: any(
        p.payload.strip(b"\xff") for p in waiting.receiver.packets), 0.6)
    waiting.say_one()
    attempt = waiting.end()
    assert attempt["started"] == "media"
    assert waiting.began_at() >= 0.55
    near(attempt, waiting.began_at(), waiting.began_at())


def test_media_that_does_not_come_is_not_waited_for(call):
    waiting = call("media", start_wait_ms=700)
    attempt = waiting.end()
    assert attempt["started"] == "wait"
    near(attempt, 0.7, waiting.began_at())


def test_media_has_a_wait_of_its_own(call):
    waiting = call("media")
    attempt = waiting.end()
    assert attempt["started"] == "wait"
    near(attempt, 2, waiting.began_at())


def test_it_waits_for_the_end_of_the_greeting(call):
    """1.5 s of voice, then nothing more is said."""
    waiting = call("silence", start_wait_ms=20000)
    waiting.speak(prompts.sound(int(1.5 * SECOND), 3), quiet(4000))
    attempt = waiting.end()
    assert attempt["started"] == "silence"
    assert 1.5 <= waiting.began_at() <= 5
    near(attempt, waiting.began_at(), waiting.began_at())


def test_it_begins_after_the_beep(call):
    """Sooner than silence alone would have it."""
    waiting = call("silence", start_wait_ms=20000)
    waiting.speak(prompts.sound(int(1.5 * SECOND), 3), quiet(200),
                  hum(500), quiet(4000))
    attempt = waiting.end()
    assert attempt["started"] == "beep"
    assert 2.1 <= waiting.began_at() <= 3.2 + PATIENCE * 0.2


def test_who_never_speaks_is_silent(call):
    waiting = call("silence", start_wait_ms=20000)
    attempt = waiting.end()
    assert attempt["started"] == "silence"


def test_a_greeting_that_does_not_end_is_not_waited_for(call):
    waiting = call("silence", start_wait_ms=1500)
    waiting.speak(*[prompts.sound(SECOND, 3)] * 4)
    attempt = waiting.end()
    assert attempt["started"] == "wait"
    near(attempt, 1.5, waiting.began_at())


def test_who_hangs_up_while_it_waits_has_heard_nothing(stage, call):
    waiting = call("silence", start_wait_ms=20000)
    waiting.speak(prompts.sound(SECOND, 3))
    until("some of our silence", 5, lambda: waiting.receiver.packets)
    waiting.talk.bye()
    waiting.speaker.join()
    attempt = stage.row(waiting.request_id, "completed")["attempts"][0]
    assert attempt["hangup_by"] == "callee"
    assert attempt["started"] is None and attempt["started_ms"] is None
    assert attempt["played"] == []


def test_nobody_answered_and_nothing_was_started(stage, peer):
    request_id = stage.call(peer, start="media")
    invite = peer.expect("INVITE")
    peer.answer(invite, 486, "Busy Here", to_tag="b")
    peer.expect("ACK")
    attempt = stage.row(request_id, "busy")["attempts"][0]
    assert attempt["started"] is None and attempt["gathered"] == []


def test_digits_of_the_greeting_are_no_one_elses(stage, peer, receiver):
    """A key that is pressed while the start waits counts for the gather."""
    request_id = stage.call(peer, start="media", start_wait_ms=20000,
                            playlist=[{"play": stage.urls[0]}, {"gather": {
                                "timeout_s": 20, "interrupt": False}}])
    talk = Talk(peer, receiver.port)
    talk.request_id = request_id
    talk.ok(sdp=keys.answer_with_events(receiver))
    talk.ack()
    keys.Keypad(talk, receiver).press("1")
    talk.take_bye(10)
    attempt = stage.row(request_id, "completed")["attempts"][0]
    assert attempt["started"] == "media"
    assert attempt["gathered"] == [{"item": 1, "digits": "1",
                                    "end": "digits"}]
