"""api - a client of the server's REST API, on http.client alone.

SPDX-License-Identifier: MIT
"""
import http.client
import json

from netns import inside
from waiting import PATIENCE


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers          # names in lower case
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __getitem__(self, name):
        return self.json[name]

    def __repr__(self):
        return f"<{self.status} {self.body[:2000]!r}>"

    def accepted(self):
        """Asserts success by the envelope and returns the JSON."""
        assert self.status == 200, self
        found = self.json
        assert found["code"] == 0 and found["status"] == 200, self
        assert found["data"] == "accepted", self
        assert found["request_id"], self
        return found

    def rejected(self, status, pointer=None):
        """Asserts an error by the envelope and returns the JSON."""
        assert self.status == status, self
        found = self.json
        assert found["code"] != 0 and found["status"] == status, self
        assert found["data"] == "rejected", self
        assert found["request_id"], self
        for name in ("type", "title", "detail"):
            assert found["error"][name], self
        if pointer is not None:
            assert pointer in self.pointers(), self
        return found

    def pointers(self):
        found = self.json
        return [e.get("pointer") for e in
                [found["error"], *found.get("errors", [])]]

    def details(self):
        found = self.json
        return " | ".join(str(e.get("detail")) for e in
                          [found["error"], *found.get("errors", [])])


class Api:
    """With a namespace's name it makes its connections in there."""

    def __init__(self, port, host="127.0.0.1", key=None, namespace=None):
        self.host, self.port, self.key = host, port, key
        self.namespace = namespace

    def raw(self, *args, **more):
        """One request on a connection of its own; body is bytes."""
        return inside(self.namespace, lambda: self._raw(*args, **more))

    def _raw(self, method, path, body=None, headers=None, seconds=10):
        connection = http.client.HTTPConnection(
            self.host, self.port, timeout=seconds * PATIENCE)
        full = {"Content-Type": "application/json"} if body is not None \
            else {}
        if self.key:
            full["Authorization"] = f"Bearer {self.key}"
        full.update(headers or {})
        full = {k: v for k, v in full.items() if v is not None}
        try:
            connection.request(method, path, body, full)
            answer = connection.getresponse()
            return Answer(answer.status,
                          {k.lower(): v for k, v in answer.getheaders()},
                          answer.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.raw("GET", path, headers=spell(headers))

    def delete(self, path, **headers):
        return self.raw("DELETE", path, headers=spell(headers))

    def send(self, method, path, value, headers):
        if isinstance(value, str):
            value = value.encode()
        elif not isinstance(value, bytes):
            value = json.dumps(value).encode()
        return self.raw(method, path, value, spell(headers))

    def post(self, path, value, **headers):
        return self.send("POST", path, value, headers)

    def put(self, path, value, **headers):
        return self.send("PUT", path, value, headers)

    def patch(self, path, value, **headers):
        return self.send("PATCH", path, value, headers)


def spell(headers):
    """if_match="x" becomes If-Match: x."""
    return {"-".join(word.capitalize() for word in name.split("_")): value
            for name, value in headers.items()}
