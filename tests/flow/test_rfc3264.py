"""What the answers to offers hold (RFC 3264 6). The rest of offer and answer is
in test_offer_answer.py, test_codec_change.py and test_first_answer.py.

SPDX-License-Identifier: MIT
"""
import pytest

import judge
from stage import describe
from test_codec_change import heard_across

NUMBERS = {
    "dynamic": ("96", "a=rtpmap:96 PCMA/8000\r\n", [96], {96: "alaw"}),
    "highest": ("127", "a=rtpmap:127 PCMU/8000\r\n", [127], {127: "mulaw"}),
    "behind-others": ("98 18 111", "a=rtpmap:98 opus/48000/2\r\n"
                      "a=rtpmap:111 PCMA/8000\r\n", [111], {111: "alaw"})}


@pytest.mark.parametrize("what", NUMBERS)
@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_rfc3264_6_1_answer_uses_the_offers_numbers(stage, peer, receiver,
                                                    what, method):
    """And so do the packets; nothing that was not offered is in it."""
    codec, more, said, kinds = NUMBERS[what]
    talk = stage.talk(peer, receiver)
    receiver.wait_packets(5, 5)
    body = describe("127.0.0.1", receiver.port, version=2, codec=codec,
                    more=more)
    answer = talk.reinvite(body) if method == "INVITE" else \
        talk.ask("UPDATE", body)
    assert answer.sdp().formats == said
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    runs = heard_across(receiver.packets, stage.samples[:1],
                        {0: "mulaw", **kinds})
    assert runs[-1] == (said[0], 160)


def lines(message, letter):
    return [line for line in message.body.decode().split("\r\n")
            if line.startswith(letter + "=")]


@pytest.mark.parametrize("times", ["0 0", "2873397496 2873404696"])
def test_rfc3264_6_times_of_the_answer_are_the_offers(stage, peer, receiver,
                                                      times):
    """t= is the same; the other lines of the session are ours."""
    talk = stage.talk(peer, receiver)
    answer = talk.reinvite(describe("127.0.0.1", receiver.port, version=2
                                    ).replace(b"t=0 0", b"t=" +
                                              times.encode()))
    assert lines(answer, "t") == [f"t={times}"]
    assert lines(answer, "s") == lines(talk.invite, "s")
    assert lines(answer, "o")[0].split()[1] == \
        lines(talk.invite, "o")[0].split()[1]
    stage.goes_on(talk, receiver)


def test_rfc3264_8_version_rises_by_one_with_each_change(stage, peer,
                                                         receiver):
    """And with nothing else: neither with a refusal, nor with an offer of
    ours that says what was said before."""
    talk = stage.talk(peer, receiver, items=3)

    def version(message):
        return int(lines(message, "o")[0].split()[2])

    first = version(talk.invite)
    same = describe("127.0.0.1", receiver.port)
    begun = version(talk.reinvite(same))
    assert begun - first == 1               # two codecs are one now
    held = describe("127.0.0.1", receiver.port, "sendonly", 2)
    assert version(talk.reinvite(held)) == begun + 1
    assert talk.reinvite(b"garbage").code in (400, 488)
    assert version(talk.reinvite(held)) == begun + 1
    again = describe("127.0.0.1", receiver.port, version=3)
    assert version(talk.reinvite(again)) == begun + 2
    talk.take_bye(10)
    stage.row(talk.request_id, "completed")
    assert judge.in_order(receiver.packets)
