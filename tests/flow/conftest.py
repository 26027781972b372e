"""conftest - what every flow test may ask for.

SPDX-License-Identifier: MIT
"""
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import netns as netns_module                            # noqa: E402
import prompts                                          # noqa: E402
from carillond import Carillond                         # noqa: E402
from farend import FarEnd                               # noqa: E402
from httpfiles import HttpFiles                         # noqa: E402
from ports import Ports                                 # noqa: E402
from rtp import RtpReceiver                             # noqa: E402
from srtp import SrtpReceiver                           # noqa: E402
from stage import Stage                                 # noqa: E402
from udp_peer import UdpPeer                            # noqa: E402


def pytest_configure(config):
    for line in ("threads: worth a run under the thread sanitizer",
                 "slow: takes more than ten seconds"):
        config.addinivalue_line("markers", line)


def pytest_collection_modifyitems(items):
    """The slow ones first: none is left to be waited for at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def ports():
    return Ports()


@pytest.fixture
def stop_later():
    """stop_later(thing) ends a thing with stop() or close() afterwards;
    the last one first, all of them even when one of them complains."""
    things = []

    def add(thing):
        things.append(thing)
        return thing

    yield add
    complaints = []
    for thing in reversed(things):
        try:
            (getattr(thing, "stop", None) or thing.close)()
        except AssertionError as complaint:
            complaints.append(complaint)
    if complaints:
        raise complaints[0]


@pytest.fixture
def new_server(tmp_path, ports, stop_later):
    """new_server("name=value", ...) starts a server of the test's own."""
    def make(*settings, **more):
        folder = more.pop("folder", tmp_path / "server")
        return stop_later(Carillond(folder, ports, list(settings), **more))
    return make


@pytest.fixture
def server(new_server):
    return new_server()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory, ports):
    """One server for all the tests of a file that leave no mark."""
    made = Carillond(tmp_path_factory.mktemp("shared"), ports)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def stage(tmp_path_factory, ports):
    """A server with short SIP timers, for all the tests of a file."""
    made = Stage(tmp_path_factory.mktemp("stage"), ports)
    yield made
    made.close()


@pytest.fixture
def new_farend(tmp_path, ports, stop_later):
    """new_farend(users={...}, answers={...}) starts a far end."""
    count = iter(range(100))

    def make(**more):
        folder = tmp_path / f"farend-{next(count)}"
        return stop_later(FarEnd(folder, ports.one(), **more))
    return make


@pytest.fixture
def new_peer(ports, stop_later):
    return lambda: stop_later(UdpPeer(ports.one()))


@pytest.fixture
def peer(new_peer):
    return new_peer()


@pytest.fixture
def receiver(ports, stop_later):
    return stop_later(RtpReceiver(ports.one()))


@pytest.fixture
def vault(ports, stop_later):
    """A receiver that opens what it gets, once it has keys."""
    return stop_later(SrtpReceiver(ports.one()))


class Article:
    """The article's three prompts on a web server of the test's own."""

    def __init__(self, folder, port):
        self.samples = prompts.make_article(folder)
        self.files = HttpFiles(folder, port)
        self.urls = [self.files.url(name)
                     for name, _, _ in prompts.ARTICLE]

    def close(self):
        self.files.close()


@pytest.fixture
def article(tmp_path, ports, stop_later):
    folder = tmp_path / "prompts"
    folder.mkdir()
    return stop_later(Article(folder, ports.one()))


@pytest.fixture
def netns():
    if os.geteuid() != 0 or not netns_module.usable():
        pytest.skip("needs root and network namespaces")
    with netns_module.NetnsPair() as pair:
        yield pair
