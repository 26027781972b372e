"""What a test starts ends with the test's own process, however that ends.

SPDX-License-Identifier: MIT
"""
import subprocess
import sys
from pathlib import Path

from waiting import until

STARTS_ONE = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from process import Process
print(Process(["sleep", "600"], Path(sys.argv[2]), "sleep").pid, flush=True)
time.sleep(600)
"""


def _runs(pid):
    return Path(f"/proc/{pid}/comm").read_text() == "sleep\n"


def _is_gone(pid):
    try:
        fields = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return fields.rpartition(")")[2].split()[0] in "ZX"


def test_children_of_a_killed_test_end_with_it(tmp_path):
    here = Path(__file__).parent
    test = subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE, here, tmp_path],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        child = int(test.stdout.readline())
        until("the child to run", 5, lambda: _runs(child))
    finally:
        test.kill()
        test.wait()
        test.stdout.close()
    until("the child to end", 5, lambda: _is_gone(child))
