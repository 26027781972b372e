"""What was fetched once is fetched again only when it has changed, also after
a restart, and whatever happened to the disk meanwhile.

SPDX-License-Identifier: MIT
"""
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import g711
import judge
import prompts
from httpfiles import HttpFiles, Terms
from udp_peer import Answered
from waiting import until

SAMPLES = 1001              # an odd 0.1 s: many calls, short ones


def heard(call, sounds):
    """Every byte of it. When they came is for other tests to judge: here
    servers start and stop on a machine that may be busy."""
    packets = [p.payload for p in judge.in_order(call.packets)]
    assert packets == g711.packets("mulaw", sounds)


class Bench:
    """A server, a web server with `names`, and a far end that answers."""

    def __init__(self, folder, ports, stop_later, new_server, new_farend,
                 *settings):
        self.folder = folder / "files"
        self.folder.mkdir()
        self.files = stop_later(HttpFiles(self.folder, ports.one()))
        # What comes behind the BYE is for other tests to look at.
        self.far = new_farend(options=("--linger", "20"))
        self.server = new_server(*settings)
        self.carrier_id = self.server.carrier(self.far.port)
        self.sound = {}
        self.calls = 0

    def write(self, name, seed=1, terms=None, samples=SAMPLES):
        self.sound[name] = prompts.sound(samples, seed)
        prompts.write_wav(self.folder / name, self.sound[name])
        if terms:
            self.files.terms[name] = terms

    def url(self, name):
        return self.files.url(name)

    def play(self, name, **more):
        return self.server.play("1", [self.url(name)],
                                carrier_id=self.carrier_id, **more)

    def hear(self, name):
        """Plays it; every sample is heard."""
        request_id = self.play(name)
        judge.only_row(self.server.wait_done(request_id), "completed")
        self.calls += 1
        heard(self.far.wait_calls(self.calls)[-1], [self.sound[name]])

    def asked(self, name):
        """{status: how often it was answered with}"""
        return {code: n for (which, code), n in self.files.statuses.items()
                if which == name}

    def state(self, folder):
        path = self.server.state / "prompts" / folder
        return sorted(path.iterdir()) if path.is_dir() else []

    def kept(self, count=1):
        """Waits until so many files are on disk, each whole."""
        until(f"{count} files to be kept", 10, lambda: len([
            p for p in self.state("urls")
            if not p.name.startswith("tmp-")]) >= count)


@pytest.fixture
def new_bench(tmp_path, ports, stop_later, new_server, new_farend):
    return lambda *settings: Bench(tmp_path, ports, stop_later, new_server,
                                   new_farend, *settings)


@pytest.fixture
def bench(new_bench):
    return new_bench()


CONTROLS = {                # name: (Terms, answers to two plays in a row)
    "silent": (None, {200: 1}),
    "fresh": (Terms("max-age=3600"), {200: 1}),
    "stale": (Terms("max-age=0"), {200: 1, 304: 1}),
    "no-cache": (Terms("no-cache"), {200: 1, 304: 1}),
    "no-store": (Terms("no-store"), {200: 2}),
    "no-tag": (Terms("no-cache", tagged=False), {200: 2}),
    "private": (Terms("private, max-age=60"), {200: 1}),
    "must": (Terms("max-age=0, must-revalidate"), {200: 1, 304: 1}),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_cache_control_is_followed_also_across_a_restart(bench, name):
    terms, twice = CONTROLS[name]
    bench.write(name, terms=terms)
    bench.hear(name)
    bench.hear(name)
    assert bench.asked(name) == twice
    bench.server.restart()
    bench.files.statuses.clear()
    bench.hear(name)
    again = {code: n - (code == 200) for code, n in twice.items()}
    again = {code: n for code, n in again.items() if n}
    assert bench.asked(name) == again
    if name == "no-store":
        assert bench.state("blobs") == bench.state("frames") == []
        assert bench.state("urls") == []


def test_the_second_start_of_a_job_fetches_nothing_that_has_not_changed(
        bench):
    names = {"one": Terms("max-age=600"), "two": None,
             "three": Terms("no-cache")}
    for seed, (name, terms) in enumerate(names.items()):
        bench.write(name, seed, terms)

    def job():
        request_id = bench.server.play(
            "1", [bench.url(name) for name in names],
            carrier_id=bench.carrier_id)
        judge.only_row(bench.server.wait_done(request_id), "completed")
        bench.calls += 1
        call = bench.far.wait_calls(bench.calls)[-1]
        heard(call, [bench.sound[name] for name in names])

    job()
    bench.kept(3)
    bench.server.restart()
    bench.files.statuses.clear()
    job()
    assert bench.files.statuses == {("three", 304): 1}
    bench.write("three", 9)
    bench.server.restart()
    bench.files.statuses.clear()
    job()                               # and what has changed is heard
    assert bench.files.statuses == {("three", 200): 1}


def test_a_server_that_is_down_fails_what_is_stale(bench):
    bench.write("strict", terms=Terms("no-cache"))
    bench.write("lenient", terms=Terms("max-age=0, stale-if-error=600"))
    bench.hear("strict")
    bench.hear("lenient")
    for name in ("strict", "lenient"):
        bench.files.terms[name].status = 503
    bench.hear("lenient")
    row = judge.only_row(bench.server.wait_done(bench.play("strict")),
                         "failed")
    assert "http status 503" in row["reason"], row


def test_a_page_in_place_of_a_recording_is_refused(bench):
    request_id = bench.server.play("1", [bench.files.url("bad/html")],
                                   carrier_id=bench.carrier_id)
    row = judge.only_row(bench.server.wait_done(request_id), "failed")
    assert "text/html" in row["reason"] and "not audio" in row["reason"], row


def test_two_urls_of_one_file_share_what_is_on_disk(bench):
    bench.write("a", 5)
    bench.write("b", 5)
    bench.hear("a")
    bench.hear("b")
    bench.kept(2)
    bench.server.stop()
    assert len(bench.state("blobs")) == 1
    assert len(bench.state("frames")) == 2      # mu-law and A-law
    assert len(bench.state("urls")) == 2


@pytest.mark.threads
def test_a_hundred_plays_of_one_url_are_one_request(bench):
    bench.write("crowd")
    bench.files.may_answer.clear()
    with ThreadPoolExecutor(8) as pool:
        began = time.monotonic()
        jobs = list(pool.map(lambda _: bench.play("crowd"), range(100)))
        posted = time.monotonic() - began
    until("the request", 10, lambda: bench.files.hits["/crowd"])
    bench.files.may_answer.set()
    for request_id in jobs:
        judge.only_row(bench.server.wait_done(request_id, 40), "completed")
    assert bench.files.hits["/crowd"] == 1
    for call in bench.far.wait_calls(100, 20):
        heard(call, [bench.sound["crowd"]])
    assert posted < 20          # none of them waited for the recording


def test_it_is_fetched_when_the_job_is_accepted(new_bench, new_peer):
    """While the only channel is taken by a phone that rings, the next job's
    recording is there."""
    bench = new_bench("limits.max_channels=1")
    peer = new_peer()
    bench.carrier_id = bench.server.carrier(peer.port)
    bench.write("first", 1)
    bench.write("next", 2)
    first = bench.play("first")
    phone = Answered(peer, 4000)
    phone.provisional()
    second = bench.play("next")
    until("the next one's recording", 4,
          lambda: bench.asked("next") == {200: 1})
    row = bench.server.report(second)["recipients"][0]
    assert row["state"] == "queued", row
    phone.refuse(486, "Busy Here")
    Answered(peer, 4000).refuse(486, "Busy Here")
    for request_id in (first, second):
        bench.server.wait_done(request_id)


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("harm", [cut, lambda p: p.write_bytes(
    os.urandom(5000))], ids=["cut", "noise"])
@pytest.mark.parametrize("folder", ["blobs", "frames", "urls"])
def test_a_broken_file_is_made_again(bench, folder, harm):
    bench.write("a")
    bench.hear("a")
    bench.kept()
    bench.server.stop()
    harm(bench.state(folder)[0])
    if folder == "blobs":               # else nobody would ask for it
        for path in bench.state("frames"):
            path.unlink()
    bench.server.restart()
    bench.files.statuses.clear()
    bench.hear("a")
    assert bench.asked("a") == ({} if folder == "frames" else {200: 1})
    bench.server.restart()
    bench.files.statuses.clear()
    bench.hear("a")
    assert bench.asked("a") == {}


def test_killed_while_it_writes_it_starts_well(bench):
    """The end may come at any moment: nothing half written is ever heard."""
    names = [f"file{n}" for n in range(12)]
    for seed, name in enumerate(names):
        bench.write(name, seed, samples=2000 + 7 * seed)
    for round_no in range(6):
        for name in names:
            bench.play(name)
        until("something to be written", 10,
              lambda: len(bench.state("blobs")) > 2 * round_no)
        bench.server.kill9()
        for folder in ("blobs", "frames", "urls"):
            leftover = bench.server.state / "prompts" / folder / "tmp-1-1"
            leftover.write_bytes(b"half of it")
        bench.server.start()
    bench.files.statuses.clear()
    until("the jobs of before to end", 40, lambda: bench.server.get(
        "/health/ready").status == 200)
    for name in names[:4]:
        request_id = bench.play(name)
        judge.only_row(bench.server.wait_done(request_id, 60), "completed")
    sounds = list(bench.sound.values())
    heard = 0
    for event in bench.far.wait_calls(4, 30):
        packets = event.packets
        if event.rtp["before_answer"] or not packets:
            continue
        # Of what was cut off by a kill only the beginning was heard.
        assert any(begins(packets, sound) for sound in sounds)
        heard += 1
    assert heard >= 4
    assert not [p for folder in ("blobs", "frames", "urls")
                for p in bench.state(folder) if p.name == "tmp-1-1"]


def begins(packets, sound):
    got = [p.payload for p in judge.in_order(packets)]
    return got == g711.packets("mulaw", [sound])[:len(got)]


def test_the_budget_on_disk_is_kept(new_bench):
    """Six files of 300 kB under 1 MiB: the last ones are there."""
    bench = new_bench("prompts.disk_mb=1")
    for n in range(6):
        name = f"file{n}"
        (bench.folder / name).write_bytes(prompts.riff(
            prompts.chunk(b"fmt ", prompts.fmt()),
            prompts.chunk(b"data", os.urandom(300000))))
        bench.play(name)
        until(f"{name} to be kept", 10, lambda n=n: len([
            event for event in bench.state("urls")]) and
            bench.asked(f"file{n}") == {200: 1})
    size = lambda: sum(p.stat().st_size for folder in
                       ("blobs", "frames", "urls")
                       for p in bench.state(folder))
    until("the newest to be kept", 10, lambda: size() > 600000)
    until("the budget to be kept", 10, lambda: size() <= 1 << 20)
    bench.server.restart()
    assert size() <= 1 << 20


def test_a_disk_that_cannot_be_used_stops_no_call(new_bench, tmp_path):
    """Said once in the log; calls go on from memory."""
    bench = new_bench()
    bench.server.stop()
    folder = bench.server.state / "prompts"
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir()
    folder.rmdir()
    folder.write_text("a file in its place")
    bench.server.restart()
    bench.write("a")
    bench.write("b", 2)
    for name in ("a", "b", "a"):
        bench.hear(name)
    assert bench.asked("a") == bench.asked("b") == {200: 1}
    assert bench.server.log().count("prompts on disk: ") == 1


def test_a_full_disk_stops_no_call(netns, new_bench):
    """A file system of its own for the cache, all but full: what does not fit
    is played all the same, and the log says it once."""
    bench = new_bench()
    bench.server.stop()
    folder = bench.server.state / "prompts"
    mounted = os.system(f"mount -t tmpfs -o size=64k none {folder}")
    if mounted:
        pytest.skip("needs the right to mount")
    try:
        (folder / "ballast").write_bytes(bytes(40 << 10))
        bench.server.restart()
        for n in range(4):
            bench.write(f"file{n}", n)
            bench.hear(f"file{n}")
        assert bench.server.log().count("No space left") == 1
        bench.server.stop()
    finally:
        os.system(f"umount {folder}")
