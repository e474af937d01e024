"""Disks that are full or read-only, for one process: made in a mount namespace, as root or not."""

import ctypes
import os
import shutil
import sys
from pathlib import Path
from typing import Any

_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_READ_ONLY, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 32, 4096, 16384, 1 << 18


class NoNamespacesError(Exception):
    """The system gives this process no mount namespace."""


def read_only(folder: Path) -> None:
    """Make a folder read-only for this process."""
    _enter()
    _mount(str(folder), folder, None, _BIND)
    _mount(None, folder, None, _REMOUNT | _BIND | _READ_ONLY)


def with_room(room: int, folder: Path) -> None:
    """Go on in a child in which a folder is on a disk that has room for so many bytes more, and is full then.

    This process waits for it, brings back what it left in the folder, and ends as it did.
    """
    _enter()
    disk = folder.with_name(f"{folder.name}.disk")
    disk.mkdir(exist_ok=True)
    _mount("none", disk, "tmpfs", 0)
    shutil.copytree(folder, disk / "home", symlinks=True)
    held = os.statvfs(disk)
    used = (held.f_blocks - held.f_bfree) * held.f_frsize
    _mount("none", disk, "tmpfs", _REMOUNT, f"size={used + room}")
    child = os.fork()
    if child == 0:
        _mount(str(disk / "home"), folder, None, _BIND)
        return
    _, status = os.waitpid(child, 0)
    _call(_libc().umount2, str(folder).encode(), 0)
    shutil.rmtree(folder)
    shutil.copytree(disk / "home", folder, symlinks=True)
    os._exit(os.waitstatus_to_exitcode(status))


def _enter() -> None:
    if sys.platform != "linux":
        raise NoNamespacesError
    user, group = os.geteuid(), os.getegid()
    _call(_libc().unshare, _NEW_MOUNTS | (0 if user == 0 else _NEW_USER))
    if user != 0:
        _write("setgroups", "deny")
        _write("uid_map", f"{user} {user} 1")
        _write("gid_map", f"{group} {group} 1")
    _mount(None, Path("/"), None, _REC | _PRIVATE)


def _write(name: str, text: str) -> None:
    try:
        Path("/proc/self", name).write_text(text)
    except OSError as error:
        raise NoNamespacesError(str(error)) from None


def _mount(source: str | None, target: Path, kind: str | None, flags: int, options: str = "") -> None:
    words = [None if word is None else word.encode() for word in (source, str(target), kind)]
    _call(_libc().mount, *words, ctypes.c_ulong(flags), options.encode())


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(function: Any, *words: object) -> None:
    if function(*words) != 0:
        raise NoNamespacesError(os.strerror(ctypes.get_errno()))
