"""A part of `patchlog up` ends when `up` does, even if `up` was killed and could not say goodbye."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with(parent_pid: int) -> None:
    """Have the kernel kill this process, and each that it forks, as soon as its parent is gone.

    SIGKILL, for the ports must be free at once for the next start: no mail is lost, for none is answered with 250
    before it is durable. A forked process (an API worker) dies with the process that forked it, which must be its
    parent's main thread. On systems without prctl(2) nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    forking_pid = 0

    def ask(parent_pid: int) -> None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent_pid:  # it died before we could ask
            os._exit(1)

    def before_fork() -> None:
        nonlocal forking_pid
        forking_pid = os.getpid()

    ask(parent_pid)
    os.register_at_fork(before=before_fork, after_in_child=lambda: ask(forking_pid))
