"""process - one child process of a test, ended by its own id.

SPDX-License-Identifier: MIT
"""
import os
import signal
import subprocess

from waiting import PATIENCE


class Process:
    """A program with its output in files; has a process group of its own,
    so that its children can be stopped and ended with it. Should the test's
    process be killed, the kernel sends it the signal `orphaned`: one that
    has children of its own must be told to end them."""

    def __init__(self, command, folder, name, env=None, stdout=None,
                 prefix=(), orphaned="KILL"):
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.out_path = folder / f"{name}.out"
        self.err_path = folder / f"{name}.err"
        self.command = [str(word) for word in [
            "setpriv", "--pdeathsig", orphaned, *prefix, *command]]
        full_env = dict(os.environ, **(env or {}))
        with open(self.out_path, "ab") as out, \
                open(self.err_path, "ab") as err:
            self.child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=stdout or out,
                stderr=err, env=full_env, start_new_session=True)

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def signal_group(self, number):
        try:
            os.killpg(self.child.pid, number)
        except ProcessLookupError:
            pass

    def wait(self, seconds):
        """The exit status, or None when it still runs."""
        try:
            return self.child.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            return None

    def terminate(self, seconds=5):
        """SIGTERM, and SIGKILL for the group when that does not help."""
        if self.alive():
            self.child.terminate()
        status = self.wait(seconds)
        if status is None:
            self.signal_group(signal.SIGKILL)
            self.child.wait()
        return status

    def kill(self):
        self.signal_group(signal.SIGKILL)
        self.child.wait()

    def output(self):
        return self.out_path.read_text(errors="replace")

    def errors(self):
        return self.err_path.read_text(errors="replace")

    def said(self):
        """The ends of both outputs, for a failure's message."""
        return f"{self.name} out: {self.output()[-2000:]}\n" \
               f"{self.name} err: {self.errors()[-4000:]}"
