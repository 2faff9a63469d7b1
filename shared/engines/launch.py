"""Becomes another program that is not root and that does not outlive its parent.

Run as a script: `launch.py USER PARENT_PID SIGNAL PROGRAM ARG…`. USER is `same`, `namespace` (root outside, uid 1000
inside a user namespace, so files stay root's and no account is made) or `UID:GID`. The kernel sends SIGNAL to the
program when the *thread* that started it ends.
"""

from __future__ import annotations

import ctypes
import os
import sys

IDENTITY_REFUSED = 125  # exit code: this machine does not allow USER; the caller may choose another one
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
INNER_ID = 1000


def main(user: str, parent: str, signal_number: str, *command: str) -> int:
    """Replace this process by `command`; returns only when that failed."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        _become(user, libc)
    except OSError as error:
        sys.stderr.write(f"cannot become {user}: {error}\n")
        return IDENTITY_REFUSED
    # After the change of user: the kernel forgets the death signal when the credentials change.
    libc.prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != int(parent):
        return 1  # the parent died before it could be watched
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606 - becoming another program is what this one is for
    return 1


def _become(user: str, libc: ctypes.CDLL) -> None:
    if user == "same":
        return
    if user == "namespace":
        uid, gid = os.geteuid(), os.getegid()
        if libc.unshare(CLONE_NEWUSER) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{INNER_ID} {uid} 1")
        _write("/proc/self/gid_map", f"{INNER_ID} {gid} 1")
        return
    uid, gid = (int(part) for part in user.split(":"))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
