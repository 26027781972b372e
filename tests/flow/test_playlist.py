"""A playlist of recordings, pauses and digits: what is heard is exactly what
was asked for, and the far end's keys lead where the playlist says.

SPDX-License-Identifier: MIT
"""
from array import array

import pytest

import g711
import judge
import keys
from carillond import Carillond
from farend import FarEnd
from stage import Talk
from waiting import PATIENCE, until

TONE = 1600                             # samples of one digit and its gap


def silence(ms):
    return array("h", [0] * (8 * ms))


def plays(stage, *which, **more):
    """Items that play these of the stage's recordings."""
    return [{"play": stage.urls[n], **more} for n in which]


class Played:
    """One call that is answered, and what came of it."""

    def __init__(self, stage, peer, receiver, playlist, events=False,
                 carrier=None, **job):
        self.stage, self.receiver = stage, receiver
        carrier_id = stage.server.carrier(peer.port, **(carrier or {}))
        self.request_id = stage.server.play(
            "1", [], carrier_id=carrier_id, playlist=playlist, **job)
        self.talk = Talk(peer, receiver.port)
        self.talk.ok(sdp=keys.answer_with_events(receiver) if events
                     else None)
        self.talk.ack()
        self.pad = keys.Keypad(self.talk, receiver)

    def wait_for(self, samples):
        """Until that much sound was heard."""
        self.receiver.wait_packets(samples // 160, 20)

    def end(self, state="completed", seconds=20):
        """The attempt, once the server has hung up."""
        self.talk.take_bye(seconds)
        row = self.stage.row(self.request_id, state)
        return row["attempts"][0]

    @property
    def sound(self):
        """All payloads of the voice, joined; time goes on without a gap."""
        packets = judge.in_order(self.receiver.packets)
        assert len({p.ssrc for p in packets}) == 1
        for n, (a, b) in enumerate(zip(packets, packets[1:])):
            assert b.seq == (a.seq + 1) & 0xFFFF, f"gap after packet {n}"
            if a.kind == b.kind == 0:
                assert judge.follows(a, b), f"time stamp after packet {n}"
        return b"".join(p.payload for p in packets if p.kind == 0)

    def heard_around_silence(self, first, last):
        """The one, then nothing but silence, then the other to the end of a
        packet; returns the samples of silence between."""
        sound = self.sound
        first = g711.encode("mulaw", first)
        last = b"".join(g711.packets("mulaw", [last])) if last else b""
        assert sound.startswith(first)
        assert sound.endswith(last)
        between = sound[len(first):len(sound) - len(last)]
        assert not between.strip(b"\xff"), "not silence"
        return len(between)


@pytest.fixture
def call(stage, peer, receiver):
    return lambda *args, **more: Played(stage, peer, receiver, *args, **more)


# ---- what is heard ----------------------------------------------------------

@pytest.mark.parametrize("codec", ["mulaw", "alaw"])
def test_a_pause_is_exact_to_the_sample(stage, server, article, new_farend,
                                        codec):
    """And its neighbours begin and end within packets."""
    far = new_farend()
    request_id = server.play(
        "1", [], carrier_id=server.carrier(far.port, codecs=[codec]),
        playlist=[{"play": article.urls[0]}, {"pause_ms": 501},
                  {"play": article.urls[2]}])
    row = judge.only_row(server.wait_done(request_id), "completed")
    heard = far.wait_calls(1)[0]
    judge.heard_exactly(heard.packets, codec, [
        article.samples[0], silence(501), article.samples[2]])
    judge.paced(heard.packets)
    pause = row["attempts"][0]["played"][1]
    assert pause["item"] == 1 and abs(pause["sent_ms"] - 501) <= 21


def test_items_and_the_playlist_are_repeated(stage, call, receiver):
    played = call([*plays(stage, 0, repeat=2), {"pause_ms": 33, "repeat": 3}],
                  repeat=2)
    items = played.end()["played"]
    once = [stage.samples[0]] * 2 + [silence(33)] * 3
    stage_sound = [*once, *once]
    judge.heard_exactly(receiver.packets, "mulaw", stage_sound)
    judge.paced(receiver.packets)
    assert [i["item"] for i in items] == [0, 1]
    assert abs(items[0]["sent_ms"] - 4 * len(stage.samples[0]) / 8) <= 40
    assert abs(items[1]["sent_ms"] - 6 * 33) <= 40


def test_every_item_joins_the_next_within_its_packet(stage, call, receiver):
    played = call([*plays(stage, 0, 2), {"pause_ms": 7}, *plays(stage, 1, 0),
                   {"pause_ms": 1}, *plays(stage, 2)])
    played.end()
    judge.heard_exactly(receiver.packets, "mulaw", [
        stage.samples[0], stage.samples[2], silence(7), stage.samples[1],
        stage.samples[0], silence(1), stage.samples[2]])


def test_silence_alone_is_a_playlist(call, receiver):
    played = call([{"pause_ms": 250}])
    attempt = played.end()
    judge.heard_exactly(receiver.packets, "mulaw", [silence(250)])
    assert attempt["played"][0]["item"] == 0


# ---- digits that are sent ---------------------------------------------------

def test_digits_are_tones_where_the_far_end_takes_no_events(stage, call):
    played = call([*plays(stage, 0), {"dtmf": "12#", "repeat": 2},
                   *plays(stage, 2)])
    attempt = played.end()
    first = g711.encode("mulaw", stage.samples[0])
    last = g711.encode("mulaw", stage.samples[2])
    sound = played.sound
    assert sound.startswith(first)
    assert sound[len(first) + 6 * TONE:].rstrip(b"\xff") == \
        last.rstrip(b"\xff")
    assert keys.heard(g711.decode("mulaw", sound[
        len(first):len(first) + 6 * TONE])) == "12#12#"
    assert abs(attempt["played"][1]["sent_ms"] - 1200) <= 40


def test_every_digit_has_its_tone(call):
    played = call([{"dtmf": keys.KEYS}])
    played.end()
    assert keys.heard(g711.decode("mulaw", played.sound)) == keys.KEYS


def test_rfc4733_2_5_1_digits_are_events_where_the_far_end_takes_them(
        stage, call, receiver):
    played = call([*plays(stage, 0), {"dtmf": "10#D"}, *plays(stage, 2)],
                  events=True)
    attempt = played.end()
    packets = judge.in_order(receiver.packets)
    sent = keys.events(packets)
    assert "".join(digit for digit, _ in sent) == "10#D"
    for digit, parts in sent:
        assert abs(keys.is_well_formed(digit, parts) - 800) <= 160
    # The voice stops for them at a packet's end, and goes on after them.
    played.heard_around_silence(stage.samples[0], stage.samples[2])
    before = len(g711.packets("mulaw", [stage.samples[0]]))
    last = g711.packets("mulaw", [stage.samples[2]])
    after = packets[-len(last)]
    assert after.payload == last[0]
    assert sent[0][1][0].stamp == (packets[before - 1].stamp + 160) \
        & 0xFFFFFFFF
    stamps = [parts[0].stamp for _, parts in sent] + [after.stamp]
    assert {(b - a) & 0xFFFFFFFF
            for a, b in zip(stamps, stamps[1:])} == {TONE}
    assert abs(attempt["played"][1]["sent_ms"] - 800) <= 40


@pytest.mark.parametrize("dtmf,events,tones", [
    ("rfc4733", True, False), ("rfc4733", False, False),
    ("inband", False, True), ("off", False, False)])
def test_the_carrier_says_how_digits_are_sent(stage, peer, receiver, dtmf,
                                              events, tones):
    """`events`: the far end offers them, and we take them."""
    played = Played(stage, peer, receiver, [{"dtmf": "42"}], events=events,
                    carrier={"dtmf": dtmf})
    offered = b"telephone-event" in played.talk.invite.body
    assert offered == (dtmf == "rfc4733")
    played.end()
    assert bool(keys.events(receiver.packets)) == events
    sound = played.sound
    assert keys.heard(g711.decode("mulaw", sound)) == ("42" if tones else "")
    if not events:
        assert len(sound) == 2 * TONE


# ---- digits that are waited for ---------------------------------------------

def menu(stage, **more):
    """0 recording, 1 gather, 2 recording, 3 recording."""
    return [*plays(stage, 0), {"gather": {"timeout_s": 20, **more}},
            *plays(stage, 2, 1)]


def pressed(played, digits, tones):
    if tones:
        played.pad.sing(digits)
    else:
        played.pad.press(digits)


TONES = pytest.mark.parametrize("tones", [False, True],
                                ids=["rfc4733", "inband"])


@TONES
def test_a_digit_leads_forward(stage, call, tones):
    played = call(menu(stage, on={"1": 3, "2": "stop"}), events=not tones)
    played.wait_for(len(stage.samples[0]) + 800)
    pressed(played, "1", tones)
    attempt = played.end()
    between = played.heard_around_silence(stage.samples[0],
                                          stage.samples[1])
    assert between >= 600
    assert attempt["gathered"] == [{"item": 1, "digits": "1",
                                    "end": "digits"}]
    assert [i["item"] for i in attempt["played"]] == [0, 1, 3]
    assert attempt["hangup_by"] == "caller"


@TONES
def test_several_digits_end_with_the_terminator(stage, call, tones):
    played = call(menu(stage, digits=6, terminator="#", on={"4711": 3}),
                  events=not tones)
    played.wait_for(len(stage.samples[0]) + 320)
    pressed(played, "4711#", tones)
    attempt = played.end()
    played.heard_around_silence(stage.samples[0], stage.samples[1])
    assert attempt["gathered"] == [{"item": 1, "digits": "4711",
                                    "end": "terminator"}]


@pytest.mark.parametrize("digit", keys.KEYS)
def test_every_key_is_known(stage, call, digit):
    played = call([{"gather": {"timeout_s": 20, "on": {digit: "stop"},
                               "otherwise": 0}}], events=True)
    played.wait_for(320)
    played.pad.press(digit)
    assert played.end()["gathered"] == [{"item": 0, "digits": digit,
                                         "end": "digits"}]


def test_a_digit_may_stop_the_playlist(stage, call):
    played = call(menu(stage, on={"2": "stop"}), events=True)
    played.wait_for(len(stage.samples[0]) + 320)
    played.pad.press("2")
    attempt = played.end()
    played.heard_around_silence(stage.samples[0], None)
    assert [i["item"] for i in attempt["played"]] == [0, 1]
    assert attempt["gathered"][0]["digits"] == "2"


def test_a_digit_may_lead_back(stage, call):
    """Twice; the item's figures are those of all its turns."""
    played = call([*plays(stage, 0), {"gather": {
        "timeout_s": 20, "on": {"*": 0, "1": "stop"}}}], events=True)
    for turn in (1, 2, 3):
        until("the gather", 10, lambda turn=turn: keys_wait(played, turn))
        played.pad.press("1" if turn == 3 else "*")
    attempt = played.end()
    assert [g["digits"] for g in attempt["gathered"]] == ["*", "*", "1"]
    first = g711.encode("mulaw", stage.samples[0])
    assert played.sound.count(first) == 3
    assert abs(attempt["played"][0]["sent_ms"] -
               3 * len(stage.samples[0]) / 8) <= 60


def keys_wait(played, turn):
    """So many turns of the recording were heard, and some silence."""
    sound = b"".join(p.payload for p in list(played.receiver.packets))
    first = g711.encode("mulaw", played.stage.samples[0])
    return sound.count(first) == turn and sound.endswith(b"\xff" * 480)


def test_digits_that_are_not_named_lead_elsewhere(stage, call):
    played = call(menu(stage, on={"1": "stop"}, otherwise=3), events=True)
    played.wait_for(len(stage.samples[0]) + 320)
    played.pad.press("9")
    attempt = played.end()
    played.heard_around_silence(stage.samples[0], stage.samples[1])
    assert attempt["gathered"][0] == {"item": 1, "digits": "9",
                                      "end": "digits"}


def test_silence_leads_where_it_should(stage, call):
    """After just that time."""
    played = call(menu(stage, timeout_s=1, on={"1": 2}, otherwise=2,
                       on_timeout=3), events=True)
    attempt = played.end()
    between = played.heard_around_silence(stage.samples[0],
                                          stage.samples[1])
    assert 8000 - 320 <= between <= 8000 + 800 * PATIENCE
    assert attempt["gathered"] == [{"item": 1, "digits": "",
                                    "end": "timeout"}]


def test_a_digit_alone_is_not_enough(stage, call):
    """It waits for the rest, and then takes what is there."""
    played = call(menu(stage, digits=4, timeout_s=1, on={"12": 3},
                       on_timeout=2), events=True)
    played.wait_for(len(stage.samples[0]) + 160)
    played.pad.press("1")
    played.wait_for(len(stage.samples[0]) + 160 + 4800)
    played.pad.press("2")
    attempt = played.end()
    between = played.heard_around_silence(stage.samples[0],
                                          stage.samples[1])
    assert between >= 4800 + 8000 - 320     # each digit begins it anew
    assert attempt["gathered"] == [{"item": 1, "digits": "12",
                                    "end": "timeout"}]


# ---- before the gather ------------------------------------------------------

def test_digits_may_be_typed_ahead(stage, call):
    """The recording is heard out, and the gather is over at once."""
    played = call(menu(stage, digits=2, interrupt=False, on={"34": 3}),
                  events=True)
    played.wait_for(1600)
    played.pad.press("34")
    attempt = played.end()
    between = played.heard_around_silence(stage.samples[0],
                                          stage.samples[1])
    assert between <= 320
    assert attempt["gathered"] == [{"item": 1, "digits": "34",
                                    "end": "digits"}]


@TONES
def test_a_digit_cuts_short_what_plays(stage, call, tones):
    played = call([*plays(stage, 1), {"gather": {
        "timeout_s": 20, "on": {"5": 3}}}, *plays(stage, 2, 0)],
        events=not tones)
    played.wait_for(1600)
    pressed(played, "5", tones)
    attempt = played.end()
    assert attempt["gathered"][0]["digits"] == "5"
    assert attempt["played"][0]["sent_ms"] < len(stage.samples[1]) / 8 - 300
    whole = g711.encode("mulaw", stage.samples[1])
    last = b"".join(g711.packets("mulaw", [stage.samples[0]]))
    sound = played.sound
    assert sound.endswith(last)
    cut = sound[:-len(last)].rstrip(b"\xff")
    assert whole.startswith(cut) and 1500 < len(cut) < len(whole) - 2400


def test_digits_are_kept_for_the_next_gather(stage, call):
    """More than the first one takes."""
    played = call([{"gather": {"digits": 2, "timeout_s": 20}},
                   {"gather": {"digits": 3, "timeout_s": 20,
                               "on": {"345": "stop"}}}, *plays(stage, 0)],
                  events=True)
    played.wait_for(320)
    played.pad.press("12345")
    attempt = played.end()
    assert [(g["item"], g["digits"]) for g in attempt["gathered"]] == [
        (0, "12"), (1, "345")]
    played.heard_around_silence([], None)


# ---- ends -------------------------------------------------------------------

def test_hanging_up_in_a_gather_is_told(stage, call):
    played = call(menu(stage, digits=3), events=True)
    played.wait_for(len(stage.samples[0]) + 320)
    played.pad.press("7")
    played.wait_for(len(stage.samples[0]) + 1600)
    played.talk.bye()
    attempt = stage.row(played.request_id, "completed")["attempts"][0]
    assert attempt["hangup_by"] == "callee"
    assert attempt["gathered"] == [{"item": 1, "digits": "7",
                                    "end": "hangup"}]
    assert [i["item"] for i in attempt["played"]] == [0, 1]


def test_the_last_sixteen_gathers_are_told(call):
    played = call([{"gather": {"timeout_s": 20,
                               "on": {"#": "stop"}, "otherwise": 0}}],
                  events=True)
    played.wait_for(160)
    played.pad.press("0123456789" * 2)
    until("the digits", 10, lambda: len(played.receiver.packets) > 20)
    played.pad.press("#")
    gathered = played.end()["gathered"]
    assert "".join(g["digits"] for g in gathered) == "56789" + "0123456789#"


@pytest.mark.slow
def test_a_call_that_goes_round_for_ever_is_hung_up(tmp_path, ports,
                                                    stop_later, peer,
                                                    receiver):
    server = stop_later(Carillond(tmp_path / "server", ports, [
        "limits.call_max_s=10"]))
    carrier_id = server.carrier(peer.port)
    request_id = server.play("1", [], carrier_id=carrier_id, playlist=[
        {"gather": {"timeout_s": 1, "on_timeout": 0}}])
    talk = Talk(peer, receiver.port)
    talk.ok()
    talk.ack()
    talk.take_bye(15)
    row = judge.only_row(server.wait_done(request_id), "failed")
    assert row["reason"] == "too_long"
    attempt = row["attempts"][0]
    assert attempt["hangup_by"] == "system"
    assert 9.9 <= attempt["duration_ms"] / 1000 <= 10 + PATIENCE
    assert {g["end"] for g in attempt["gathered"]} <= {"timeout", "hangup"}


def test_a_playlist_outlives_a_crash(stage, tmp_path, ports, stop_later):
    """Whoever was not called yet gets all of it from the next server."""
    far = stop_later(FarEnd(tmp_path / "far", ports.one()))
    server = stop_later(Carillond(tmp_path / "server", ports, [
        "limits.max_channels=1"]))
    carrier_id = server.carrier(far.port)
    playlist = [*plays(stage, 0, repeat=2), {"pause_ms": 120},
                {"gather": {"timeout_s": 1, "on_timeout": 3}},
                *plays(stage, 2)]
    body = {"recipients": [{"to": "1"}, {"to": "2"}], "repeat": 2,
            "carrier_id": carrier_id, "playlist": playlist}
    request_id = server.post("/voice/call/play", body
                             ).accepted()["request_id"]
    server.wait_recipient(request_id, ("answered",))
    server.kill9()
    server.start()
    report = server.wait_done(request_id, 40)
    assert [row["state"] for row in report["recipients"]] == [
        "unknown", "completed"]
    attempt = report["recipients"][1]["attempts"][0]
    assert len(attempt["gathered"]) == 2
    assert [i["item"] for i in attempt["played"]] == [0, 1, 2, 3]
    assert abs(attempt["played"][0]["sent_ms"] -
               4 * len(stage.samples[0]) / 8) <= 60


# ---- bad input --------------------------------------------------------------

def gather(**members):
    return {"gather": members}


BAD = [
    ({}, "/playlist/1"), ("x", "/playlist/1"),
    ({"play": "u", "pause_ms": 5}, "/playlist/1"),
    ({"pause_ms": 0}, "/playlist/1/pause_ms"),
    ({"pause_ms": 60001}, "/playlist/1/pause_ms"),
    ({"pause_ms": "5"}, "/playlist/1/pause_ms"),
    ({"pause_ms": 5, "repeat": 0}, "/playlist/1/repeat"),
    ({"pause_ms": 5, "repeat": 101}, "/playlist/1/repeat"),
    ({"dtmf": ""}, "/playlist/1/dtmf"), ({"dtmf": 12}, "/playlist/1/dtmf"),
    ({"dtmf": "12E"}, "/playlist/1/dtmf"),
    ({"dtmf": "1" * 33}, "/playlist/1/dtmf"),
    ({"play": "silence:200"}, "/playlist/1/play"),
    ({"play": "dtmf:1"}, "/playlist/1/play"),
    ({"play": "prompt:" + "0" * 32}, "/playlist/1/play"),
    ({"gather": 1}, "/playlist/1/gather"),
    ({"gather": {}, "repeat": 2}, "/playlist/1/repeat"),
    (gather(digits=0), "/playlist/1/gather/digits"),
    (gather(digits=33), "/playlist/1/gather/digits"),
    (gather(timeout_s=0), "/playlist/1/gather/timeout_s"),
    (gather(timeout_s=121), "/playlist/1/gather/timeout_s"),
    (gather(timeout_s=1.5), "/playlist/1/gather/timeout_s"),
    (gather(terminator="12"), "/playlist/1/gather/terminator"),
    (gather(terminator="a"), "/playlist/1/gather/terminator"),
    (gather(interrupt="yes"), "/playlist/1/gather/interrupt"),
    (gather(on=[]), "/playlist/1/gather/on"),
    (gather(digits=2, on={f"{n}": 0 for n in range(17)}),
     "/playlist/1/gather/on"),
    (gather(on={"x": 0}), "/playlist/1/gather/on/x"),
    (gather(on={"12": 0}), "/playlist/1/gather/on/12"),
    (gather(on={"1": 2}), "/playlist/1/gather/on/1"),
    (gather(on={"1": -1}), "/playlist/1/gather/on/1"),
    (gather(on={"1": "again"}), "/playlist/1/gather/on/1"),
    (gather(terminator="#", on={"#": 0}), "/playlist/1/gather/on/#"),
    (gather(otherwise=2), "/playlist/1/gather/otherwise"),
    (gather(on_timeout="back"), "/playlist/1/gather/on_timeout"),
]


@pytest.mark.parametrize("item,pointer", BAD,
                         ids=[f"{n}{p[11:]}" for n, (_, p) in enumerate(BAD)])
def test_a_wrong_item_is_a_422_that_says_where(stage, item, pointer):
    answer = stage.server.post("/voice/call/play", {
        "to": "sip:a@127.0.0.1:9", "playlist": [*plays(stage, 0), item]})
    answer.rejected(422, pointer)


@pytest.mark.parametrize("field,value", [
    ("repeat", 0), ("repeat", 101), ("repeat", "2"), ("start", "now"),
    ("start", 1), ("start_wait_ms", 5)])
def test_a_wrong_course_is_a_422_that_says_where(stage, field, value):
    answer = stage.server.post("/voice/call/play", {
        "to": "sip:a@127.0.0.1:9", "playlist": plays(stage, 0),
        field: value})
    answer.rejected(422, f"/{field}")


def test_unknown_members_name_their_neighbours(stage):
    answer = stage.server.post("/voice/call/play", {
        "to": "sip:a@127.0.0.1:9", "repaet": 2, "playlist": [
            {"play": stage.urls[0], "repaet": 2},
            {"gather": {"digit": 1, "on_timout": 0}}]})
    answer.rejected(422, "/repaet")
    assert {"/playlist/0/repaet", "/playlist/1/gather/digit",
            "/playlist/1/gather/on_timout"} <= set(answer.pointers())
    for name in ("repeat", "digits", "on_timeout"):
        assert f'"{name}"' in answer.details()


def test_all_that_is_wrong_is_said_at_once(stage):
    answer = stage.server.post("/voice/call/play", {
        "to": "sip:a@127.0.0.1:9", "repeat": 0, "start": "soon",
        "playlist": [{"pause_ms": 0}, {"dtmf": "x"},
                     gather(digits=99, on={"1": 9})]})
    answer.rejected(422)
    assert {"/repeat", "/start", "/playlist/0/pause_ms", "/playlist/1/dtmf",
            "/playlist/2/gather/digits", "/playlist/2/gather/on/1"} <= \
        set(answer.pointers())
