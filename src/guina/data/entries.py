"""What lies in a folder: folders and files, without what is hidden, a tool's, or written by guina itself."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from guina.data.listings import leads_inside, name_of
from guina.data.records import Report
from guina.data.walking import LINK, UNREADABLE, Tell, why_passed_by
from guina.errors import GuinaError

OUTSIDE = "a link that leads out of the folder"


def teller(report: Report, root: Path, name: Callable[[Path], str] | None = None) -> Tell:
    """What tells a report of files and folders that are passed by, each once.

    What is no data is ignored, and so is a link to a folder below the root, whose files are found where they lie. A
    folder that cannot be read, or that lies elsewhere, is skipped and counts as one that was found.

    Args:
        root: the folder that the user named; the teller raises GuinaError if it is this that cannot be read.
        name: how the report calls a path; None: from the root on.
    """
    told: set[Path] = set()
    inside = root.resolve()

    def tell(path: Path, why: str) -> None:
        if path in told:
            return
        told.add(path)
        if why == UNREADABLE and path == root:
            raise unreadable(root)
        named = name_of(path, root) if name is None else name(path)
        leads_out = why == LINK and not leads_inside(path, inside)
        if leads_out or why == UNREADABLE:
            report.found += 1
            report.skip(named, OUTSIDE if leads_out else why)
        else:
            report.ignore(named, why)

    return tell


def entries_of(folder: Path, root: Path, tell: Tell) -> tuple[list[Path], list[Path]]:
    """The folders right below a folder, and the files.

    Raises:
        GuinaError: a folder that cannot be read, or a link that leads out of the root.
    """
    folders: list[Path] = []
    loose: list[Path] = []
    for path in entries_sorted(folder):
        enters = os.path.isdir(path)  # Path.is_dir raises where a folder may not be entered
        if why := why_passed_by(path, enters):
            tell(path, why)
        elif not enters:
            loose.append(path)
        elif path.is_symlink() and not leads_inside(path, root.resolve()):
            raise GuinaError(
                f"{path} is a link that leads out of {root}",
                "folders in the folder itself: nothing outside of it is read",
                "put the pictures there, or name the folder that the link leads to",
            )
        elif path.is_symlink() and folder.resolve().is_relative_to(path.resolve()):
            tell(path, LINK)  # to a folder that this one lies in
        else:
            folders.append(path)
    return folders, loose


def entries_sorted(folder: Path) -> list[Path]:
    """What lies right in a folder; GuinaError if it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except PermissionError:
        raise unreadable(folder) from None


def unreadable(folder: Path) -> GuinaError:
    """What to say of a folder that is needed and cannot be read."""
    return GuinaError(f"{folder} cannot be read", "a folder that you may read", "check its permissions")


def folder_names(folder: Path) -> list[Path]:
    """The folders right below a folder that are no links, not hidden and not guina's own; none if it cannot be read."""
    try:
        with os.scandir(folder) as found:
            names = sorted(entry.name for entry in found if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
    return [folder / name for name in names if not why_passed_by(folder / name, True)]


def leave_out(paths: Sequence[Path], root: Path, where: str, report: Report) -> None:
    """Say that files are left out, if there are any."""
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
            report.skip(name_of(path, root), OUTSIDE)
        else:
            kept.append(path)
    return kept
