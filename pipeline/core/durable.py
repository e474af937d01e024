"""Wait for the disk."""

import os
from pathlib import Path


def sync_path(path: Path) -> None:
    """Return once the bytes of a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
