"""Finding files: everything below a folder once and in order, and what is passed by with its reason."""

import fnmatch
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from guina.data import own
from guina.data.entries import entries_of, teller
from guina.data.pictures import open_picture, try_picture
from guina.data.records import TRAIN, Report
from guina.data.sources import list_pictures
from guina.data.text import find_texts
from guina.data.values import BadPicture
from guina.data.walking import HIDDEN, LINK, NOT_ENTERED, UNREADABLE, files_at, find_inputs, walk
from guina.errors import GuinaError
from without_posix import needs_posix

PAGE = '<!doctype html>\n<meta name="generator" content="guina 1">\n'


def fill(root: Path, *names: str, text: str = "x") -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return root


def walked(root: Path) -> tuple[list[str], dict[str, str]]:
    """The files below a folder, and what was passed by and why."""
    told: dict[str, str] = {}
    found = [str(path.relative_to(root)) for path in walk(root, lambda path, why: told.update({str(path): why}))]
    return found, {os.path.relpath(path, root): why for path, why in told.items()}


def lock(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Make folders of this name unreadable and not to be entered, for whomever the test runs as."""
    scandir, stat, lstat = os.scandir, os.stat, os.lstat

    def may(path, within: bool):
        parts = Path(os.fsdecode(path)).parts
        if name in (parts[:-1] if within else parts):
            raise PermissionError(13, "Permission denied")

    def locked(call, within):
        return lambda path=".", *args, **more: (may(path, within), call(path, *args, **more))[1]

    monkeypatch.setattr(os, "scandir", locked(scandir, False))
    monkeypatch.setattr(os, "stat", locked(stat, True))
    monkeypatch.setattr(os, "lstat", locked(lstat, True))


# --- below a folder ---


def test_what_is_a_systems_or_a_tools_is_passed_by_and_told(tmp_path):
    mine = ["-a.jpg", "b.jpg", "samples.txt", "sub/c.jpg"]
    others = [".hidden.jpg", ".git/x.jpg", "__MACOSX/y.jpg", "sub/Thumbs.db", "sub/@eaDir/c.jpg", "$RECYCLE.BIN/d.jpg"]
    others += ["System Volume Information/e", "lost+found/f", "__pycache__/g", "desktop.ini", "#recycle/h"]
    found, told = walked(fill(tmp_path, *mine, *others))
    assert found == mine
    assert told == {name if name.startswith("sub/T") or "/" not in name else top(name): HIDDEN for name in others}


def top(name: str) -> str:
    return os.path.dirname(name)


def test_what_guina_wrote_is_passed_by_and_told(tmp_path, monkeypatch):
    fill(tmp_path, "a/1.jpg", "b/2.jpg", "c.html")
    own.make_folder(tmp_path / "samples")
    fill(tmp_path, "samples/3.png", "old/run.json", "old/status.json", "cache/4.bin", "b/look.html", text=PAGE)
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path / "cache"))
    found, told = walked(tmp_path)
    assert found == ["a/1.jpg", "b/2.jpg", "c.html"]
    assert told == dict.fromkeys(["b/look.html", "cache", "old", "samples"], own.WHY)
    assert walked(tmp_path / "samples") == (["3.png"], {".guina": HIDDEN})  # it is named outright


@needs_posix
def test_links(tmp_path):
    root = fill(tmp_path / "root", "a/1.txt", "a/2.txt")
    elsewhere = fill(tmp_path / "elsewhere", "3.txt")
    for name, to in {"loop": root, "a/up": root / "a", "out": elsewhere, "file": root / "a/1.txt"}.items():
        (root / name).symlink_to(to)
    (root / "self").symlink_to("self")
    (root / "broken").symlink_to("nowhere")
    os.mkfifo(root / "pipe")
    found, told = walked(root)
    assert found == ["a/1.txt", "a/2.txt", "broken", "file", "pipe", "self"]
    assert told == dict.fromkeys(["a/up", "loop", "out"], LINK)


@needs_posix
def test_a_folder_that_comes_again_below_itself_ends_there(tmp_path, monkeypatch):
    """Links between folders on Windows, and folders that are mounted below themselves, do not look like links."""
    fill(tmp_path, "a/1.txt", "a/b/2.txt")
    (tmp_path / "a/b/again").symlink_to(tmp_path / "a")
    monkeypatch.setattr("guina.data.walking.is_link", lambda entry: False)
    assert walked(tmp_path) == (["a/1.txt", "a/b/2.txt"], {"a/b/again": LINK})


def test_folders_that_cannot_be_read_are_told(tmp_path, monkeypatch):
    fill(tmp_path, "a/1.txt", "locked/2.txt", "z.txt")
    lock(monkeypatch, "locked")
    assert walked(tmp_path) == (["a/1.txt", "z.txt"], {"locked": UNREADABLE})
    assert walked(tmp_path / "locked") == ([], {".": UNREADABLE})
    assert not own.is_own(tmp_path / "locked")


NAMES = st.sampled_from(["a", "b", "B", "é", ".h", "Thumbs.db", "__pycache__", "a.txt", "train"])


@settings(max_examples=100, deadline=None)
@given(st.sets(st.lists(NAMES, min_size=1, max_size=4).map("/".join), max_size=12))
def test_the_files_are_those_of_a_plain_loop(tmp_path_factory, places: set[str]):
    root = tmp_path_factory.mktemp("walk")
    for place in places:
        if not any((root / place).is_relative_to(root / other) or (root / other).is_relative_to(root / place)
                   for other in places - {place}):  # fmt: skip
            fill(root, place)
    every = [
        os.path.relpath(os.path.join(up, name), root).split(os.sep) for up, _, names in os.walk(root) for name in names
    ]
    hidden = {".h", "Thumbs.db", "__pycache__"}
    assert walked(root)[0] == [os.sep.join(parts) for parts in sorted(every) if not hidden & set(parts)]


# --- reports ---


@needs_posix
@pytest.mark.parametrize("kind", ["pictures", "texts"])
def test_pictures_and_texts_say_the_same_of_links_and_locked_folders(tmp_path, monkeypatch, kind):
    root, elsewhere = tmp_path / "root", fill(tmp_path / "elsewhere", "9.txt")
    ending = ".png" if kind == "pictures" else ".txt"
    for k, name in enumerate(("cat/1", "dog/1", "dog/locked/2")):
        fill(root, name + ending, text=f"a text {k}")
    for name, to in {"dog/out": elsewhere, "dog/again": root / "cat", "cat/up": root}.items():
        (root / name).symlink_to(to)
    fill(root, "cat/.DS_Store")
    lock(monkeypatch, "locked")
    report = Report()
    if kind == "pictures":
        found = [path for listing in list_pictures(str(root), (TRAIN,), report) for path in listing.paths]
    else:
        found = find_texts(str(root), report)
    assert found == [root / f"cat/1{ending}", root / f"dog/1{ending}"]
    told = report.as_json()
    assert {why: entry["count"] for why, entry in told["ignored"].items()} == {HIDDEN: 1, LINK: 2}
    skipped = {why: list(map(os.path.basename, entry["for example"])) for why, entry in told["skipped"].items()}
    assert skipped == {UNREADABLE: ["locked"], "a link that leads out of the folder": ["out"]}
    assert report.found == 2  # of those that are skipped; those that are used are counted where they are read


@pytest.mark.parametrize("read", [find_texts, lambda source: list_pictures(source, (TRAIN,), Report())])
def test_a_folder_that_is_named_and_cannot_be_read_is_an_error(tmp_path, monkeypatch, read):
    fill(tmp_path, "locked/1.txt")
    monkeypatch.setattr("guina.data.sources.list_idx", lambda *_: [])
    lock(monkeypatch, "locked")
    monkeypatch.setattr(type(tmp_path), "iterdir", lambda self: (_ for _ in ()).throw(PermissionError(13, "denied")))
    with pytest.raises(GuinaError, match=r"locked cannot be read\n  expected: a folder that you may read") as error:
        read(str(tmp_path / "locked"))
    assert "permissions" in error.value.mend


def test_a_class_folder_that_cannot_be_read_is_not_called_empty(tmp_path, monkeypatch):
    fill(tmp_path, "cat/1.png", "dog/2.png", "locked/3.png")
    lock(monkeypatch, "locked")
    with pytest.raises(GuinaError, match="locked cannot be read"):
        list_pictures(str(tmp_path), (TRAIN,), Report())


@needs_posix
def test_a_link_to_the_folder_that_it_lies_in_is_no_class(tmp_path):
    for k, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        Image.fromarray(np.full((8, 8), k, np.uint8)).save(tmp_path / name / "1.png")
    (tmp_path / "all").symlink_to(tmp_path)
    report = Report()
    folders, _ = entries_of(tmp_path, tmp_path, teller(report, tmp_path))
    assert [folder.name for folder in folders] == ["cat", "dog"]
    assert report.as_json()["ignored"][LINK]["for example"] == ["all"]
    for labelled in (True, False):
        (listing,) = list_pictures(str(tmp_path), (TRAIN,), Report(), labelled=labelled)
        assert listing.names == ["cat/1.png", "dog/1.png"]


def test_what_lies_around_the_only_folder_is_told(tmp_path):
    fill(tmp_path, "pets/data/cat/1.png", "pets/data/dog/2.png", "pets/notes.txt", "pets/.DS_Store", "README", ".h")
    report = Report()
    list_pictures(str(tmp_path), (TRAIN,), report)
    assert report.problems == [
        "read from pets/data/, the only folder there",
        "left out: 2 files beside pets/data/ (README, pets/notes.txt)",
    ]
    assert report.as_json()["ignored"][HIDDEN]["count"] == 2


@needs_posix
def test_what_is_no_file_is_no_text_and_said(tmp_path):
    fill(tmp_path, "a.txt", text="a text")
    (tmp_path / "b.txt").symlink_to("nowhere")
    os.mkfifo(tmp_path / "c.txt")
    fill(tmp_path, ".hidden.txt", "desktop.ini", "Thumbs.db")
    report = Report()
    assert find_texts(str(tmp_path), report) == [tmp_path / "a.txt"]
    told = report.as_json()
    assert set(told["skipped"]) == {"a link that leads nowhere", "no regular file"}
    assert told["ignored"][HIDDEN]["count"] == 3


# --- patterns ---

TREE = ("a.txt", "b.md", "x/a.txt", "x/y/b.txt", "x/y/z/c.md", "x2/a.txt", ".h/a.txt", "x/.h.txt", "__pycache__/a.txt")


@pytest.mark.parametrize(
    "pattern", ["*.txt", "*/*.txt", "x/*", "**/*.txt", "x/**/*.md", "x*/**/?.txt", "**/y/**", "x/**", "[ab].*", "no/*"]
)
def test_a_pattern_names_what_it_says(tmp_path, pattern):
    """The oracle compares each visible path with the pattern as a whole."""
    fill(tmp_path, *TREE)
    visible = [name for name in TREE if ".h" not in name and "__pycache__" not in name]
    found = [path.relative_to(tmp_path).as_posix() for path in files_at(str(tmp_path / pattern))]
    assert found == sorted(filter(lambda name: as_a_whole(name, pattern), visible), key=lambda name: name.split("/"))


def as_a_whole(name: str, pattern: str) -> bool:
    """Whether a path is one that a pattern names, where ** is nothing, or up to four folders."""
    if "**" not in pattern:
        return name.count("/") == pattern.count("/") and fnmatch.fnmatchcase(name, pattern)
    for k in range(5):
        stars = ["*"] * k
        parts = [part for piece in pattern.split("/") for part in ([piece] if piece != "**" else ["**"])]
        at = parts.index("**")
        if as_a_whole(name, "/".join([*parts[:at], *stars, *parts[at + 1 :]])):
            return True
    return False


@needs_posix
def test_a_pattern_enters_no_loop_and_nothing_that_guina_made(tmp_path):
    fill(tmp_path, "x/a.txt", "x/y/b.txt")
    own.make_folder(tmp_path / "runs")
    fill(tmp_path, "runs/a.txt", "runs/z/b.txt")
    for name in ("x/one", "x/two", "z"):
        (tmp_path / name).symlink_to(tmp_path)
    told: dict[str, str] = {}

    def tell(path: Path, why: str) -> None:
        told[path.relative_to(tmp_path).as_posix()] = why

    def found(pattern: str) -> list[str]:
        told.clear()
        return [path.relative_to(tmp_path).as_posix() for path in files_at(str(tmp_path / pattern), tell)]

    assert found("**/*.txt") == ["x/a.txt", "x/y/b.txt"]
    assert told == {"runs": own.WHY, "x/one": LINK, "x/two": LINK, "z": LINK}
    assert found("*/**/b.txt") == ["x/y/b.txt"]
    assert told == {"runs": own.WHY, "x/one": LINK, "x/two": LINK, "z": LINK}
    assert found("x/*") == ["x/a.txt"]
    assert told == dict.fromkeys(["x/one", "x/two", "x/y"], NOT_ENTERED)
    assert found("*/a.txt") == ["x/a.txt"]
    assert found("runs/*.txt") == ["runs/a.txt"]  # named outright
    assert found("runs/**/*.txt") == ["runs/a.txt", "runs/z/b.txt"]


def test_a_path_that_is_there_is_no_pattern(tmp_path, monkeypatch):
    fill(tmp_path, "a[1]/b.txt", "c*.txt", "cc.txt")
    assert list(files_at(str(tmp_path / "a[1]"))) == [tmp_path / "a[1]/b.txt"]
    assert list(files_at(str(tmp_path / "c*.txt"))) == [tmp_path / "c*.txt"]
    assert list(files_at(str(tmp_path / "nothing"))) == []
    monkeypatch.chdir(tmp_path)
    assert list(files_at("**/*.txt")) == [Path("a[1]/b.txt"), Path("c*.txt"), Path("cc.txt")]
    assert list(files_at("[!c]*.txt")) == []


# --- inputs ---


def test_inputs_are_named_and_folders_are_walked(tmp_path):
    fill(tmp_path, "b.jpg", "-a.jpg", ".hidden.jpg", "Thumbs.db", "sub/c.jpg", ".git/x.jpg", "__MACOSX/y.jpg")
    pixels = np.zeros((8, 8), np.uint8)
    found = list(find_inputs([tmp_path, "z.jpg", pixels, b"x", "a\0.jpg"], "picture"))
    names = [name for name, _ in found]
    assert [os.path.relpath(name, tmp_path) for name in names[:3]] == ["-a.jpg", "b.jpg", "sub/c.jpg"]
    assert names[3:] == ["z.jpg", "picture 3", "picture 4", "a\0.jpg"]
    assert found[4][1] is pixels


def test_a_folder_without_files_is_an_input_with_a_reason(tmp_path):
    (tmp_path / "empty" / ".hidden").mkdir(parents=True)
    (tmp_path / "nested" / "deeper").mkdir(parents=True)
    (name, thing), (other, _), (_, nested) = find_inputs(
        [tmp_path / "empty", "b.jpg", str(tmp_path / "nested")], "picture"
    )
    assert (name, other) == (str(tmp_path / "empty"), "b.jpg")
    assert try_picture(thing, (8, 8, 3)) == try_picture(nested, (8, 8, 3)) == "a folder without files"
    fill(tmp_path, "full/a.jpg")
    assert try_picture(tmp_path / "full", (8, 8, 3)) == "a folder, not a picture"


@needs_posix
def test_folders_that_are_links_or_unreadable_are_inputs_with_a_reason(tmp_path, monkeypatch):
    fill(tmp_path, "a/1.jpg", "locked/1.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    lock(monkeypatch, "locked")
    found = [os.path.relpath(name, tmp_path) for name, _ in find_inputs([tmp_path], "picture")]
    assert found == ["a/1.jpg", "link", "locked"]
    for name in ("link", "locked"):
        with pytest.raises(BadPicture, match="a folder that is a link, or cannot be read"):
            open_picture(tmp_path / name)
