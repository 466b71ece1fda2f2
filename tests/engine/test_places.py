"""Names that are taken once, and pages that are written whole or refused in words."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from guina.data.own import is_own
from guina.engine.places import new_folder, new_page, numbered, write_page
from guina.errors import GuinaError


def test_many_at_once_never_get_the_same_page_or_folder(tmp_path: Path):
    with ThreadPoolExecutor(16) as pool:
        pages = list(pool.map(lambda _: new_page("ring", tmp_path / "lab"), range(40)))
        folders = list(pool.map(lambda _: new_folder("classify", "photos", tmp_path), range(40)))
    assert len({*pages}) == len({*folders}) == 40
    assert {path.name for path in pages} == {"ring.html", *(f"ring-{n}.html" for n in range(2, 41))}
    assert [path.name for path in numbered("classify", "photos", tmp_path)][-1] == "photos-40"
    assert all(is_own(path) for path in folders)


def test_folders_of_other_names_are_not_counted(tmp_path: Path):
    for name in ("v1", "v1-2", "v1-10", "v1-beta", "v1.1", "v12"):
        (tmp_path / "classify" / name).mkdir(parents=True)
    assert [path.name for path in numbered("classify", "v1", tmp_path)] == ["v1", "v1-2", "v1-10"]
    assert new_folder("classify", "v1", tmp_path, take=False).name == "v1-3"


def test_a_page_in_a_new_folder_is_written(tmp_path: Path):
    write_page(tmp_path / "new/deep/page.html", "猫 and half a \ud83d")
    assert (tmp_path / "new/deep/page.html").read_text("utf-8") == "猫 and half a \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("where", ["folder", "file/page.html"])
def test_a_page_that_cannot_be_written_is_an_error_in_words(where: str, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("a file")
    with pytest.raises(GuinaError, match="cannot be written") as error:
        write_page(tmp_path / where, "page")
    assert error.value.mend == "choose another --out"
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert os.listdir(tmp_path / "folder") == []
