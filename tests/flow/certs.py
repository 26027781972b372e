"""certs - an authority of the test's own and certificates by it.

Made by the openssl program when a test asks, in the test's own folder.

SPDX-License-Identifier: MIT
"""
import ssl
import subprocess

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Certs:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._request("ca", "/CN=Test authority", "-addext",
                      "basicConstraints=critical,CA:TRUE")
        self.ca = folder / "ca.pem"

    def _request(self, name, subject, *more):
        subprocess.run(
            ["openssl", "req", "-x509", *NEW_KEY, "-days", "2", "-subj",
             subject, "-out", self.folder / f"{name}.pem", "-keyout",
             self.folder / f"{name}.key", *more],
            check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def make(self, name, names):
        """name.pem and name.key for names such as "DNS:a,IP:127.0.0.1"."""
        if not (self.folder / f"{name}.pem").exists():
            self._request(name, f"/CN={name}", "-CA", self.ca, "-CAkey",
                          self.folder / "ca.key", "-addext",
                          f"subjectAltName={names}", "-addext",
                          "basicConstraints=critical,CA:FALSE")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def server(self, name, names, ask=False):
        """A context for TcpPeer; ask: clients must have one of ours."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.make(name, names))
        if ask:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client(self):
        return ssl.create_default_context(cafile=str(self.ca))
