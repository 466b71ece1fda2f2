"""What lies in a folder: folders and files, without what is hidden, a tool's, or written by guina itself."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from guina.data import own
from guina.data.listings import leads_inside, name_of
from guina.data.pictures import is_ignored
from guina.data.records import Report
from guina.errors import GuinaError


def teller(report: Report) -> Callable[[Path], None]:
    """What tells a report of files and folders that are passed by, and why."""

    def ignored(path: Path) -> None:
        if not is_ignored(path.name):
            report.ignore(path.name, own.WHY)
        else:
            report.ignore(path.name)

    return ignored


def entries_of(folder: Path, root: Path, ignored: Callable[[Path], None]) -> tuple[list[Path], list[Path]]:
    """The folders right below a folder, and the files.

    Raises:
        GuinaError: a folder that cannot be read, or a link that leads out of the root.
    """
    folders: list[Path] = []
    loose: list[Path] = []
    for path in entries_sorted(folder):
        if is_ignored(path.name):
            ignored(path)
        elif not path.is_dir():
            loose.append(path) if not own.is_own_page(path) else ignored(path)
        elif path.is_symlink() and not leads_inside(path, root.resolve()):
            raise GuinaError(
                f"{path} is a link that leads out of {root}",
                "folders in the folder itself: nothing outside of it is read",
                "put the pictures there, or name the folder that the link leads to",
            )
        elif own.is_own(path):
            ignored(path)
        else:
            folders.append(path)
    return folders, loose


def entries_sorted(folder: Path) -> list[Path]:
    """What lies right in a folder; GuinaError if it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except PermissionError:
        raise GuinaError(f"{folder} cannot be read", "a folder that you may read", "check its permissions") from None


def folder_names(folder: Path) -> list[Path]:
    """The folders right below a folder that are no links, not hidden and not guina's own; none if it cannot be read."""
    try:
        with os.scandir(folder) as found:
            names = sorted(entry.name for entry in found if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
    return [folder / name for name in names if not is_ignored(name) and not own.is_own(folder / name)]


def leave_out(paths: Sequence[Path], root: Path, where: str, report: Report) -> None:
    """Say that files are left out, if there are any; pages that guina wrote are ignored."""
    mine = [path for path in paths if own.is_own_page(path)]
    for path in mine:
        report.ignore(name_of(path, root), own.WHY)
    paths = [path for path in paths if path not in mine] if mine else paths
    if paths:
        some = ", ".join(name_of(path, root) for path in paths[:3]) + (", …" if len(paths) > 3 else "")
        report.problems.append(f"left out: {len(paths)} file{'s' if len(paths) > 1 else ''} {where} ({some})")


def those_inside(paths: Iterable[Path], root: Path, report: Report) -> list[Path]:
    """The paths without the links that lead out of the root, which are skipped."""
    kept: list[Path] = []
    inside = root.resolve()
    for path in paths:
        if os.path.islink(path) and not leads_inside(path, inside):
            report.found += 1
            report.skip(name_of(path, root), "a link that leads out of the folder")
        else:
            kept.append(path)
    return kept
