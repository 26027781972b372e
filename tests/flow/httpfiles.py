"""httpfiles - a web server for prompts, well behaved and otherwise.

Files of a folder are served under their names; paths below /bad/ misbehave.
Every request is counted, so that a test can say what was never touched, and
every answer's status. A file with `terms` says how long it may be kept.

SPDX-License-Identifier: MIT
"""
import gzip
import hashlib
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import prompts

WAV = "audio/wav"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self):
        files = self.server.files
        url = urlsplit(self.path)
        files.count(url.path, self.headers)
        try:
            if url.path.startswith("/bad/"):
                misbehave(self, url.path[5:], parse_qs(url.query))
            elif url.path[1:] in files.extra:
                self.give(files.extra[url.path[1:]])
            else:
                path = files.folder / url.path[1:]
                if "/" in url.path[1:] or not path.is_file():
                    self.send_error(404)
                else:
                    self.give_file(path)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    do_HEAD = do_GET

    def give_file(self, path):
        """On the file's terms: unchanged, nothing but that is said."""
        files, body = self.server.files, path.read_bytes()
        terms = files.terms.get(path.name)
        files.may_answer.wait(30)
        if terms is None:
            self.give(body)
            return files.answered(path.name, 200)
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        extra = [("Cache-Control", terms.control)] if terms.control else []
        extra += [("ETag", tag)] if terms.tagged else []
        code = terms.status or 200
        if code == 200 and terms.tagged and \
                self.headers.get("If-None-Match") == tag:
            code = 304
        self.give(body if code == 200 else b"", extra=extra, code=code)
        return files.answered(path.name, code)

    def give(self, body, kind=WAV, length=None, extra=(), code=200):
        self.send_response(code)
        if code != 304:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length",
                             str(len(body) if length is None else length))
        for name, value in extra:
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def redirect(self, target, code=302):
        self.give(b"", "text/plain", extra=[("Location", target)], code=code)

    def log_message(self, *_):
        pass


def good_wav():
    return prompts.riff(prompts.chunk(b"fmt ", prompts.fmt()), prompts.chunk(
        b"data", prompts.sound(8000, 9).tobytes()))


def misbehave(handler, what, query):
    server = handler.server.files
    wav = good_wav()
    if what == "redirect":                  # ?to=URL&code=302
        handler.redirect(query["to"][0], int(query.get("code", [302])[0]))
    elif what == "loop":
        handler.redirect("/bad/loop")
    elif what == "html":
        handler.give(b"<!doctype html><title>Log in</title>", "text/html")
    elif what == "short":                   # promises more than it sends
        handler.give(wav, length=len(wav) + 50000)
        handler.close_connection = True
    elif what == "gzip-bomb":
        handler.give(server.bomb(), extra=[("Content-Encoding", "gzip")])
    elif what == "error":
        handler.give(b"out of order", "text/plain", code=500)
    elif what in ("endless", "stalled", "drip"):
        handler.send_response(200)
        handler.send_header("Content-Type", WAV)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        stream(handler, what, wav, server)
    else:
        handler.send_error(404)


def stream(handler, what, wav, server):
    """A body without a length: endless, stopping, or a byte at a time."""
    handler.wfile.write(wav[:4000])
    if what == "endless":
        noise = prompts.sound(32768, 4).tobytes()
        while not server.closing.wait(0.001):   # some 60 MB a second
            handler.wfile.write(noise)
    elif what == "stalled":
        server.closing.wait(60)
    else:
        while not server.closing.wait(0.2):
            handler.wfile.write(b"\0")


class Terms:
    """control: the value of Cache-Control; status: answered in its place."""

    def __init__(self, control=None, tagged=True, status=None):
        self.control, self.tagged, self.status = control, tagged, status


class HttpFiles:
    """With tls=(certificate, key) it speaks https."""

    def __init__(self, folder, port, tls=None, host="127.0.0.1"):
        self.folder, self.host, self.port = folder, host, port
        self.extra = dict(prompts.liars())
        self.hits = Counter()
        self.terms = {}                 # name of a file: Terms
        self.statuses = Counter()       # (name of a file, status)
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.requests = []
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self._bomb = None
        self.scheme = "https" if tls else "http"
        self.server = ThreadingHTTPServer((host, port), Handler)
        self.server.daemon_threads = True
        self.server.files = self
        self.server.handle_error = lambda *_: None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       kwargs={"poll_interval": 0.05},
                                       daemon=True)
        self.thread.start()

    def url(self, path):
        return f"{self.scheme}://{self.host}:{self.port}/{path}"

    def count(self, path, headers):
        with self.lock:
            self.hits[path] += 1
            self.requests.append((time.time(), path, dict(headers)))

    def answered(self, name, code):
        with self.lock:
            self.statuses[name, code] += 1

    def bomb(self):
        """About 200 kB that unpack to 200 MB."""
        if self._bomb is None:
            self._bomb = gzip.compress(good_wav() + bytes(200 << 20), 6)
        return self._bomb

    def close(self):
        self.closing.set()
        self.may_answer.set()
        self.server.shutdown()
        self.server.server_close()


class Canary:
    """A TCP port that must never be touched; counts who connects."""

    def __init__(self, port, host="127.0.0.1"):
        self.port = port
        self.touched = 0
        self.sock = socket.create_server((host, port))
        self.sock.settimeout(0.1)
        self.closed = False
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while not self.closed:
            try:
                connection, _ = self.sock.accept()
            except socket.timeout:
                continue
            except OSError:
                return
            self.touched += 1
            connection.close()

    def close(self):
        self.closed = True
        self.thread.join(2)
        self.sock.close()


def make_certificate(folder, host="127.0.0.1"):
    """A self-signed certificate for loopback; (certificate, key) paths."""
    certificate, key = folder / "server.crt", folder / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext",
         f"subjectAltName=IP:{host},DNS:localhost", "-keyout", str(key),
         "-out", str(certificate)], check=True, stdin=subprocess.DEVNULL,
        capture_output=True)
    return certificate, key
