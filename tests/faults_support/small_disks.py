"""Disks of a few megabytes, mounted for a test: to be filled, and to fail."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops_support.server_homes import ServerHome, server_home


@dataclass(frozen=True)
class SmallDisk:
    """A mounted disk."""

    folder: Path

    @contextmanager
    def filled(self, leave: int = 0) -> Iterator[None]:
        """Take all space but ``leave`` bytes, and give it back."""
        filler = self.folder / "filler"
        try:
            with filler.open("wb") as file:
                self._take(file.fileno(), leave)
            yield
        finally:
            filler.unlink()

    def _take(self, descriptor: int, leave: int) -> None:
        found = os.statvfs(self.folder)
        size, piece = 0, found.f_bavail * found.f_frsize - leave
        while piece >= found.f_frsize:  # others write meanwhile, so that a piece may be too much
            try:
                os.posix_fallocate(descriptor, size, piece)
                size += piece
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                piece //= 2

    def break_off(self) -> None:
        """Have the file system find itself damaged: it takes no more writes, as after real damage.

        (Whoever asks it to be read-only is refused as long as anybody has a file open to write.)
        """
        device = _run("findmnt", "-no", "SOURCE", str(self.folder)).strip()
        Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("1")


@contextmanager
def small_disk(folder: Path, megabytes: int, kind: str = "tmpfs") -> Iterator[SmallDisk]:
    """Mount a disk of memory (``tmpfs``), or one in a file that can break (``ext4``), at a folder.

    The test is left out, and says so, where nothing can be mounted.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    folder.mkdir()
    with ExitStack() as held:
        if kind == "tmpfs":
            _mount(folder, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs")
        else:
            image = Path(held.enter_context(tempfile.NamedTemporaryFile()).name)
            os.truncate(image, megabytes << 20)
            _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
            _mount(folder, "-o", "loop,errors=remount-ro", str(image))
            (folder / "lost+found").rmdir()
        held.callback(_run, "umount", "-l", str(folder))
        yield SmallDisk(folder)


@contextmanager
def home_on(disk: SmallDisk, beside: Path) -> Iterator[ServerHome]:
    """Make a server's folder on a disk; what it logs stays outside."""
    with server_home(beside) as made:
        shutil.copytree(made.folder, disk.folder, dirs_exist_ok=True)
        home = ServerHome(disk.folder, made.database_url)
        try:
            yield home
        finally:
            home.end()


def _mount(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["mount", *arguments, str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
