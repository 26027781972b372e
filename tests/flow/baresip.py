"""baresip - a real phone in a namespace, that answers and records.

SPDX-License-Identifier: MIT
"""
from pathlib import Path

import prompts
from process import Process
from waiting import until

MODULES = ("/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/"
           "modules", "/usr/lib/aarch64-linux-gnu/baresip/modules")

CONFIG = """
sip_listen\t\t{host}:{port}
audio_source\t\taufile,{folder}/say.wav
audio_alert\t\taufile,{folder}/say.wav
ausrc_srate\t\t48000
auplay_srate\t\t8000
ausrc_channels\t\t1
auplay_channels\t\t1
ausrc_format\t\ts16
auplay_format\t\ts16
auenc_format\t\ts16
audec_format\t\ts16
audio_buffer\t\t20-160
rtp_tos\t\t\t184
rtp_ports\t\t20000-20100
rtcp_mux\t\tno
jitter_buffer_delay\t0-0
call_max_calls\t\t4
module_path\t\t{modules}
module\t\t\tg711.so
module\t\t\taufile.so
module\t\t\tsndfile.so
module\t\t\tsrtp.so
module_tmp\t\taccount.so
module_app\t\tmenu.so
snd_path\t\t{folder}
"""


class Baresip:
    """Listens at host:port inside the namespace that prefix enters.

    mediaenc: "srtp" takes keys where they are offered, "srtp-mand" no call
    without; None takes none.
    """

    def __init__(self, folder, prefix, host, port=5060, user="callee",
                 codecs="PCMU", mediaenc=None):
        self.folder = folder / "baresip"
        self.folder.mkdir(parents=True)
        modules = next(m for m in MODULES if Path(m).is_dir())
        # It hangs up when its own sound ends, so that must be long.
        prompts.write_wav(self.folder / "say.wav",
                          prompts.sound(48000, 11, 48000) * 90, 48000)
        (self.folder / "config").write_text(CONFIG.format(
            host=host, port=port, folder=self.folder, modules=modules))
        (self.folder / "accounts").write_text(
            f"<sip:{user}@{host}:{port}>;regint=0;answermode=auto;"
            f"audio_codecs={codecs}"
            + (f";mediaenc={mediaenc}\n" if mediaenc else "\n"))
        (self.folder / "contacts").write_text("")
        self.process = Process(["baresip", "-f", self.folder, "-v"],
                               self.folder, "baresip", prefix=prefix)
        until("baresip to be ready", 10, self._ready)

    def _ready(self):
        assert self.process.alive(), self.process.said()
        return "baresip is ready" in self.process.output()

    def wait_said(self, text, seconds):
        until(f"baresip to say {text!r}", seconds,
              lambda: text in self.process.output())

    def recording(self):
        """(rate, samples) of what it heard."""
        return prompts.read_wav(max(self.folder.glob("dump-*-dec.wav")))

    def stop(self):
        self.process.terminate()
