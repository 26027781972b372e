"""kamailio - a real registrar on loopback, with digest authentication.

Passwords live in a hash table that can be changed while it runs. It can be
made silent (stopped, not ended) and lets a test ask for its bindings.

SPDX-License-Identifier: MIT
"""
import json
import os
import signal
import socket

from process import Process
from waiting import until

REALM = "carillon.test"

CONFIG = """
debug=2
log_stderror=yes
fork=yes
children=1
tcp_children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:{port}
server_header="Server: registrar of the tests"

loadmodule "kex.so"
loadmodule "jsonrpcs.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "htable.so"
loadmodule "xlog.so"

modparam("jsonrpcs", "transport", 4)
modparam("jsonrpcs", "dgram_socket", "{folder}/rpc")
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "timer_interval", 1)
modparam("registrar", "default_expires", {expires})
modparam("registrar", "min_expires", {min_expires})
modparam("registrar", "max_expires", {expires})
modparam("auth", "nonce_expire", {nonce_expire})
modparam("auth", "algorithm", "{algorithm}")
modparam("auth", "qop", "auth")
modparam("htable", "htable", "password=>size=8;")

request_route {{
	if (!mf_process_maxfwd_header("10")) {{
		sl_send_reply("483", "Too Many Hops");
		exit;
	}}
	xlog("L_NOTICE", "request $rm $ru ci=$ci cseq=$cs expires=$hdr(Expires)\\n");
	if (is_method("OPTIONS")) {{
		sl_send_reply("200", "OK");
		exit;
	}}
	if (!is_method("REGISTER")) {{
		if (is_method("ACK|CANCEL")) exit;
		sl_send_reply("404", "Nobody here");
		exit;
	}}
	if ($au == $null || $sht(password=>$au) == $null) {{
		www_challenge("{realm}", "1");
		exit;
	}}
	if (!pv_www_authenticate("{realm}", "$sht(password=>$au)", "0")) {{
		www_challenge("{realm}", "1");
		exit;
	}}
	save("location");
	exit;
}}
"""


class Kamailio:
    def __init__(self, folder, port, users, expires=60, min_expires=1,
                 nonce_expire=300, algorithm="MD5"):
        self.folder, self.port = folder, port
        self.users = dict(users)
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "kamailio.cfg"
        self.config.write_text(CONFIG.format(
            port=port, folder=folder, expires=expires, realm=REALM,
            min_expires=min_expires, nonce_expire=nonce_expire,
            algorithm=algorithm))
        self.client_path = str(folder / "client")
        self.silent = False
        self.start()

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def start(self):
        rpc = self.folder / "rpc"
        rpc.unlink(missing_ok=True)
        self.process = Process(
            ["kamailio", "-f", self.config, "-DD", "-E", "-m", "24", "-M",
             "4", "-Y", self.folder, "-w", self.folder], self.folder,
            "kamailio", orphaned="TERM")
        until("Kamailio to answer", 15, self._answers, every=0.05)
        for user, password in self.users.items():
            self.set_password(user, password)

    def _answers(self):
        assert self.process.alive(), self.process.said()
        try:
            return self.rpc("core.version", seconds=1)
        except OSError:
            return None

    def rpc(self, method, *params, seconds=5):
        """A JSON-RPC over a datagram socket; the result."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            if os.path.exists(self.client_path):
                os.unlink(self.client_path)
            sock.bind(self.client_path)
            sock.settimeout(seconds)
            sock.connect(str(self.folder / "rpc"))
            sock.send(json.dumps({"jsonrpc": "2.0", "method": method,
                                  "params": list(params),
                                  "id": 1}).encode())
            answer = json.loads(sock.recv(1 << 18))
        if "error" in answer:
            raise LookupError(answer["error"])
        return answer["result"]

    def set_password(self, user, password):
        self.users[user] = password
        self.rpc("htable.sets", "password", user, password)

    def bindings(self, user=None):
        """Contacts now bound, as dicts with AoR, Address and Expires."""
        found = []
        for domain in self.rpc("ul.dump")["Domains"]:
            for aor in domain["Domain"].get("AoRs", []):
                info = aor["Info"]
                for contact in info["Contacts"]:
                    found.append(dict(contact["Contact"], AoR=info["AoR"]))
        return [b for b in found if user is None or b["AoR"] == user]

    def requests(self, method="REGISTER"):
        """The requests it has seen, as its log lines, in order."""
        return [line for line in self.process.errors().splitlines()
                if f"request {method} " in line]

    def go_silent(self):
        """Stops the processes: the port is open and nobody answers."""
        self.process.signal_group(signal.SIGSTOP)
        self.silent = True

    def resume(self):
        self.process.signal_group(signal.SIGCONT)
        self.silent = False

    def stop(self):
        if self.silent:
            self.resume()
        self.process.terminate()
        self.process.signal_group(signal.SIGKILL)
