"""Files that are written whole or not at all: JSON, lines that are appended, and what to say when a disk is full."""

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from guina.disk import rename, sync, sync_folder
from guina.errors import DAMAGED, GuinaError

FORMAT = 1
RESUME = "make room, then go on with --resume: the last checkpoint is whole"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def room_for(folder: Path, mend: str = RESUME) -> Iterator[None]:
    """Inside, a disk that takes no more is an error that says so, and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise GuinaError(
            f"{folder} cannot be written: {error.strerror}",
            "room on the disk, or a larger quota",
            mend,
        ) from None


def write_atomic(path: Path, data: bytes) -> bool:
    """Replace a file so that a kill at any instant leaves the old one or the new one; whether a power cut does too."""
    temporary = path.with_name(f".{path.name}.tmp")
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        sync(file.fileno())
    rename(temporary, path)
    return sync_folder(path.parent)


def to_json(value: Any) -> bytes:
    """JSON in UTF-8; where a path is no UTF-8, all in ASCII, so that its bytes are found again by Python."""
    try:
        return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(value, indent=1, allow_nan=False) + "\n").encode()


def read_json(path: Path, most: int = 64 << 20) -> dict[str, Any]:
    """A JSON object from a file of ours.

    Raises:
        GuinaError: the file is missing, too large, no JSON object, or of a newer format.
    """
    try:
        if path.stat().st_size > most:
            raise GuinaError(f"{path} has {path.stat().st_size} bytes", f"at most {most}", DAMAGED)
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise GuinaError(f"{path} cannot be read: {error.strerror}", "a file that guina wrote", DAMAGED) from None
    except (ValueError, RecursionError):
        raise GuinaError(f"{path} is no JSON", "a file that guina wrote", DAMAGED) from None
    if not isinstance(value, dict) or not isinstance(value.get("format", FORMAT), int):
        raise GuinaError(f"{path} is no JSON object", "a file that guina wrote", DAMAGED)
    if value.get("format", FORMAT) > FORMAT:
        raise GuinaError(f"{path} has format {value['format']}", f"format {FORMAT}", "use a newer guina")
    return value


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a .jsonl file; a torn last line is ignored."""
    if not path.exists():
        return
    for line in path.read_bytes().split(b"\n"):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row
