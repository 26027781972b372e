"""carillond - the real server, started by a test on ports of its own.

SPDX-License-Identifier: MIT
"""
import os
import re
import signal
from pathlib import Path

from api import Api
from process import Process
from waiting import until

ROOT = Path(__file__).resolve().parents[2]
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|"
                       r"runtime error:|SUMMARY: \w+Sanitizer")


def build_dir():
    """Where the binaries under test are."""
    return Path(os.environ.get("CARILLON_BUILD", ROOT)).resolve()


def plugins_dir(scratch):
    """The folder of the plugins: given, made by the build, or gathered
    from where libtool leaves them."""
    given = os.environ.get("CARILLON_PLUGINS")
    if given:
        return Path(given).resolve()
    made = build_dir() / ".plugins"
    if made.is_dir():
        return made
    folder = scratch / "plugins"
    folder.mkdir(exist_ok=True)
    for name in ("codecs", "plugins", "api", "."):
        for found in (build_dir() / name).rglob("*.so"):
            link = folder / found.name
            if found.parent.name == ".libs" and not link.exists():
                link.symlink_to(found)
    return folder


class Carillond:
    """set is a list of "name=value"; more of them wins over ours."""

    def __init__(self, folder, ports, settings=(), host="127.0.0.1",
                 namespace=None, key=None, state=None):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.state = state or folder / "state"
        self.host = host
        self.prefix = ["ip", "netns", "exec", namespace] if namespace else []
        if os.environ.get("CARILLON_FLAT"):     # for ThreadSanitizer
            self.prefix += ["setarch", "-R"]
        self.api_port, self.sip_port = ports.one(), ports.one()
        self.settings = [
            f"api.listen=127.0.0.1:{self.api_port}",
            f"sip.listen=udp:{host}:{self.sip_port}",
            f"state.dir={self.state}", f"media.address={host}",
            f"media.ports={ports.media()}", "log.format=json",
            "limits.drain_s=0", f"plugins.dir={plugins_dir(folder)}"]
        if not any(s.startswith("fetch.allow=") for s in settings):
            self.settings.append("fetch.allow=127.0.0.0/8")
        if key:
            self.settings.append(f"api.key={key}")
        self.settings += settings
        self.api = Api(self.api_port, key=key, namespace=namespace)
        self.runs = 0
        self.start()

    # The API, spelled shortly.
    def get(self, path, **headers):
        return self.api.get(path, **headers)

    def post(self, path, value, **headers):
        return self.api.post(path, value, **headers)

    def put(self, path, value, **headers):
        return self.api.put(path, value, **headers)

    def patch(self, path, value, **headers):
        return self.api.patch(path, value, **headers)

    def delete(self, path, **headers):
        return self.api.delete(path, **headers)

    def start(self):
        self.runs += 1
        command = [build_dir() / "carillond"]
        for setting in self.settings:
            command += ["--set", setting]
        self.process = Process(command, self.folder,
                               f"carillond-{self.runs}", prefix=self.prefix)
        until("carillond to be ready", 10, self._ready)

    def _ready(self):
        assert self.process.alive(), self.process.said()
        try:
            return self.get("/health/ready").status == 200
        except OSError:
            return False

    @property
    def pid(self):
        return self.process.pid

    @property
    def sip_address(self):
        return (self.host, self.sip_port)

    def kill9(self):
        self.process.child.send_signal(signal.SIGKILL)
        self.process.child.wait()

    def restart(self):
        """Starts again on the same state and the same ports."""
        if self.process.alive():
            self.stop()
        self.start()

    def stop(self):
        """Ends it as a service manager would; it must end well."""
        if not self.process.alive():
            return self.check_clean()
        status = self.process.terminate(seconds=10)
        assert status == 0, f"ended with {status}\n{self.process.said()}"
        return self.check_clean()

    def check_clean(self):
        for run in range(1, self.runs + 1):
            path = self.folder / f"carillond-{run}.err"
            errors = path.read_text(errors="replace")
            found = SANITIZER.search(errors)
            assert not found, errors[max(0, found.start() - 200):
                                     found.start() + 6000]

    def log(self):
        """All it has written, from every run."""
        return "".join(p.read_text(errors="replace") for p in
                       sorted(self.folder.glob("carillond-*.[oe]*")))

    # What the kernel says of the process.
    def rss(self):
        return self._status("VmRSS") * 1024

    def threads(self):
        return self._status("Threads")

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text()
        fields = fields.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _status(self, name):
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1])

    # The few things that nearly every test does.
    def carrier(self, far_port, **fields):
        """Makes a carrier at a far end on loopback; returns its id."""
        body = {"name": "carrier 1", "host": self.host, "port": far_port,
                "protocol": "SIP", "codecs": ["mulaw", "alaw"],
                "register": False}
        body.update(fields)
        return self.post("/carriers", body).accepted()["carrier_id"]

    def play(self, to, urls, **fields):
        """Asks for one call; returns the request's id."""
        body = {"to": to, "from": "me",
                "playlist": [{"play": url} for url in urls]}
        body.update(fields)
        return self.post("/voice/call/play", body).accepted()["request_id"]

    def report(self, request_id):
        return self.get(f"/voice/call/status/{request_id}"
                        ).accepted()["report"]

    def wait_done(self, request_id, seconds=20):
        def done():
            report = self.report(request_id)
            return report if report["state"] == "done" else None
        return until(f"job {request_id} to be done", seconds, done, 0.05)

    def wait_recipient(self, request_id, states, seconds=10):
        """Waits until the first recipient is in one of the states."""
        def there():
            row = self.report(request_id)["recipients"][0]
            return row if row["state"] in states else None
        return until(f"recipient to be {states}", seconds, there)

    def registration(self, carrier_id):
        answer = self.get(f"/status/carrier/{carrier_id}").accepted()
        return answer["result"]

    def wait_registration(self, carrier_id, state, seconds=10):
        def there():
            result = self.registration(carrier_id)
            return result if result["sip_registration"] == state else None
        return until(f"carrier to be {state}", seconds, there, 0.05)
