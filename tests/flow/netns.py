"""netns - two network namespaces of a test's own, joined by a veth pair.

Needs root. Names and addresses carry the process id, so that tests side by
side do not meet.

SPDX-License-Identifier: MIT
"""
import ctypes
import os
import subprocess
import threading


def ip(*words):
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL,
                   capture_output=True, text=True)


def usable():
    """True when this process may create network namespaces."""
    name = f"cln-probe-{os.getpid()}"
    try:
        ip("netns", "add", name)
        ip("netns", "del", name)
        return True
    except (OSError, subprocess.CalledProcessError):
        return False


class NetnsPair:
    """left and right each have lo and one interface with an address."""

    def __init__(self, net="10.77.1"):
        pid = os.getpid()
        self.left, self.right = f"cln-l-{pid}", f"cln-r-{pid}"
        self.left_ip, self.right_ip = f"{net}.1", f"{net}.2"
        self.made = []
        try:
            self._make(pid)
        except BaseException:
            self.close()
            raise

    def _make(self, pid):
        for name in (self.left, self.right):
            ip("netns", "add", name)
            self.made.append(name)
        here, there = f"vl{pid}", f"vr{pid}"
        ip("link", "add", here, "netns", self.left, "type", "veth", "peer",
           "name", there, "netns", self.right)
        for name, link, address in (
                (self.left, here, self.left_ip),
                (self.right, there, self.right_ip)):
            ip("-n", name, "addr", "add", f"{address}/30", "dev", link)
            ip("-n", name, "link", "set", link, "up")
            ip("-n", name, "link", "set", "lo", "up")

    def move_here(self, address):
        """Gives the right side one more address, with a route to it."""
        ip("-n", self.right, "addr", "add", f"{address}/32", "dev", "lo")
        ip("-n", self.left, "route", "add", address, "via", self.right_ip)

    def prefix(self, name):
        """What to put before a command so that it runs in there."""
        return ["ip", "netns", "exec", name]

    def close(self):
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], check=False,
                           stdin=subprocess.DEVNULL, capture_output=True)
        self.made = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


CLONE_NEWNET = 0x40000000


def inside(name, work):
    """Runs work() in a thread that has entered the namespace. A socket
    that is made there stays there, whoever uses it afterwards."""
    if name is None:
        return work()
    result = []

    def enter():
        libc = ctypes.CDLL(None, use_errno=True)
        fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
        try:
            if libc.setns(fd, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            result.append((work(), None))
        except BaseException as error:      # handed to the caller below
            result.append((None, error))
        finally:
            os.close(fd)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    value, error = result[0]
    if error:
        raise error
    return value
