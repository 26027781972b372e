"""Which addresses the far end is told: by route, or as configured for NAT.

SPDX-License-Identifier: MIT
"""
import judge


def heard_offer(server, far, article, host):
    """The far end's figures of one call to it by this name."""
    carrier_id = server.carrier(far.port, host=host)
    request_id = server.play("1", article.urls[:1], carrier_id=carrier_id)
    judge.only_row(server.wait_done(request_id), "completed")
    return far.wait_calls(1)[0].figures


def test_wildcard_binds_take_the_address_of_the_route(new_server, article,
                                                      new_farend):
    server = new_server("media.address=0.0.0.0", host="0.0.0.0")
    figures = heard_offer(server, new_farend(), article, "localhost")
    assert figures["offer_address"].startswith("127.0.0.1:")
    assert figures["contact"] == f"sip:me@127.0.0.1:{server.sip_port}"
    assert figures["source"] == f"127.0.0.1:{server.sip_port}"


def test_advertised_addresses_are_told_instead(new_server, article,
                                               new_farend):
    server = new_server("media.advertise=192.0.2.9",
                        "sip.advertise=sip.example.org:5099")
    figures = heard_offer(server, new_farend(), article,
                          "127.0.0.1")
    assert figures["offer_address"].startswith("192.0.2.9:")
    assert figures["contact"] == "sip:me@sip.example.org:5099"
