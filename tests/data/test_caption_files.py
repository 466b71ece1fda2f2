"""Where captions lie: which tables and texts, which columns, and from a path in them to the picture that it means."""

import pytest

from guina.data.records import TEST, TRAIN, VAL
from guina.errors import GuinaError
from some_captions import (
    ALL,
    LEARN,
    converted,
    draw,
    grouped,
    lines,
    naive,
    put,
    read,
    said,
    skipped,
    some,
    split_of,
    table,
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


def below(folder: str, captions: dict[str, list[str]]) -> dict[str, list[str]]:
    return {f"{folder}/{name}": texts for name, texts in captions.items()}


# --- layouts ---


@pytest.mark.parametrize("folder", ["images", "Images", "flickr30k_images", "deep/er"])
@pytest.mark.parametrize("name", ["captions.csv", "captions.txt", "results.token", "metadata.jsonl"])
def test_pictures_in_a_folder_beside_the_table(tmp_path, folder, name):
    rows = some(tmp_path / folder)
    records = read(table(tmp_path / name, rows))
    assert said(records) == below(folder, grouped(rows))
    assert records.report.as_json()["converted"]["a path without its folder or its ending, completed"]["count"] == 6
    outright = [read(tmp_path / name)] if folder != "deep/er" else []  # much else may lie around a table that is named
    assert [said(records) for _ in outright] == [said(again) for again in outright]


def test_paths_with_their_folder(tmp_path):
    rows = some(tmp_path / "a" / "b")
    records = read(table(tmp_path / "captions.csv", [(f"a/b/{name}", text) for name, text in rows]))
    assert said(records) == below("a/b", grouped(rows))
    assert not records.report.as_json()["converted"]
    assert said(read(tmp_path / "captions.csv")) == said(records)


def test_flickr_as_it_comes(tmp_path):
    names = draw(tmp_path / "Flicker8k_Dataset", ["1.jpg", "2.jpg"])
    rows = [(f"{name}#{k}", f"{k} , {name} .") for name in names for k in range(5)]
    texts = tmp_path / "Flickr8k_text"
    table(texts / "Flickr8k.token.txt", rows, ())
    table(texts / "Flickr8k.lemma.token.txt", rows, ())
    table(texts / "ExpertAnnotations.txt", [("1.jpg", "2.jpg#1", "1"), ("2.jpg", "1.jpg#1", "1")], ())
    lines(texts / "Flickr_8k.trainImages.txt", *names)
    records = read(tmp_path)
    assert said(records) == {f"Flicker8k_Dataset/{name}": [f"{k} , {name} ." for k in range(5)] for name in names}
    assert records.report.problems == [
        "left out: 2 files beside Flickr8k.token.txt (Flickr8k_text/ExpertAnnotations.txt,"
        " Flickr8k_text/Flickr8k.lemma.token.txt)"
    ]
    how = "a caption's number behind a path (#0), left out; a path without its folder or its ending, completed"
    assert converted(records)[how] == ["1.jpg#0", "2.jpg#0"]


def test_columns_of_flickr_30k(tmp_path):
    rows = some(tmp_path / "flickr30k_images")
    wide = [(name, f" {n}", f" {text}, and so on") for n, (name, text) in enumerate(rows)]
    lines(tmp_path / "results.csv", naive([("image_name", " comment_number", " comment"), *wide], "|").strip())
    expected = grouped([(name, f"{text}, and so on") for name, text in rows])
    assert said(read(tmp_path)) == below("flickr30k_images", expected)
    with open(tmp_path / "results.csv", "a") as file:
        file.write("0.png| 4   A dog runs across the grass .\n")
    with pytest.raises(GuinaError, match="line 14 has 2 fields") as error:
        read(tmp_path)
    assert (error.value.expected, error.value.mend) == ("3, as the header has", "fill the row, or remove it")
    with open(tmp_path / "results.csv", "a") as file:
        file.write("0.png| 4 | a | b\n")
    text = (tmp_path / "results.csv").read_text().replace("0.png| 4   A dog runs across the grass .\n", "")
    (tmp_path / "results.csv").write_text(text)
    with pytest.raises(GuinaError, match="line 14 has 4 fields") as error:
        read(tmp_path)
    assert "put captions that hold the delimiter into quotes" in error.value.mend


def test_a_text_beside_each_picture_has_a_caption_a_line(tmp_path):
    draw(tmp_path, ["0.png", "1.jpg", "2.png", "3.png", "in/4.png"])
    lines(tmp_path / "0.txt", "a dog, brown", "", "  1.jpg,a cat ")
    lines(tmp_path / "1.txt", "1.jpg\tmine")  # never a table
    lines(tmp_path / "in" / "4.txt", "é")
    lines(tmp_path / "3.txt", " ")
    records = read(tmp_path)
    assert said(records) == {"0.png": ["a dog, brown", "1.jpg,a cat"], "1.jpg": ["1.jpg\tmine"], "in/4.png": ["é"]}
    assert skipped(records) == {"an empty caption": ["3.png"]}
    assert records.report.problems == ["left out: 1 picture without a caption (2.png)"]


def test_a_table_goes_before_texts_beside(tmp_path):
    rows = some(tmp_path)
    lines(tmp_path / "0.txt", "another")
    records = read(table(tmp_path / "captions.csv", rows))
    assert said(records) == grouped(rows)
    assert records.report.problems == ["left out: 1 file beside captions.csv (0.txt)"]


# --- splits ---


@pytest.mark.parametrize("beside", [False, True])
def test_a_folder_for_each_split(tmp_path, beside):
    expected = {}
    for n, split in enumerate(("train", "dev", "test")):
        rows = some(tmp_path / split, 4, 2, 100 * n)
        expected |= below(split, grouped(rows))
        if beside:
            for name, captions in grouped(rows).items():
                lines(tmp_path / split / f"{name[:-4]}.txt", *captions)
        else:
            table(tmp_path / split / "captions.csv", rows)
    records = read(tmp_path, ALL)
    assert said(records) == expected
    assert list(split_of(records).values()) == [TRAIN] * 4 + [VAL] * 4 + [TEST] * 4
    learning = read(tmp_path, LEARN)
    assert (len(learning), learning.report.problems) == (8, [])
    assert set(split_of(read(tmp_path / "dev", (TEST,))).values()) == {TEST}  # named outright it is what is judged


def test_a_table_for_each_split_beside_the_pictures(tmp_path):
    rows = some(tmp_path / "images", 8, 2)
    for name, mine in (("train.csv", rows[:10]), ("dev.csv", rows[10:12]), ("test.csv", rows[12:14])):
        table(tmp_path / name, mine)
    records = read(tmp_path, ALL)
    assert list(split_of(records).values()) == [TRAIN] * 5 + [VAL, TEST]
    assert records.report.problems == ["left out: 1 picture without a caption (images/7.png)"]
    assert read(tmp_path, LEARN).report.problems == []  # test.csv may list it
    (tmp_path / "train.csv").unlink()
    with pytest.raises(GuinaError, match="has only tables for test, val") as error:
        read(tmp_path, LEARN)
    assert error.value.expected == "one for train"


def test_one_table_and_pictures_in_folders_of_splits(tmp_path):
    rows = [(f"{split}/{name}", text) for split in ("train", "test") for name, text in some(tmp_path / split)]
    for n in range(6):
        put(tmp_path / "test" / f"{n}.png", 50 + n)
    records = read(table(tmp_path / "captions.csv", rows), ALL)
    assert {name: split.replace(VAL, TRAIN) for name, split in split_of(records).items()} == {
        name: name.split("/")[0] for name, _ in rows
    }
    assert records.count(VAL) > 0


# --- nothing there ---


def test_what_is_nothing(tmp_path):
    with pytest.raises(GuinaError, match="there is nothing at ") as error:
        read(tmp_path / "nowhere")
    assert error.value.expected == "a folder, a table, or a sample"
    with pytest.raises(GuinaError, match=r"there are no pictures at .* \(the folder is empty\)") as error:
        read(tmp_path)
    assert "image,caption" in error.value.expected
    (tmp_path / "captions.csv").write_text("image,caption\n")
    with pytest.raises(GuinaError, match=r"there are no pictures at .* \(found captions.csv\)"):
        read(tmp_path)
    put(tmp_path / "a" / "0.png")
    with pytest.raises(GuinaError, match="has 1 picture, and no captions") as error:
        read(tmp_path / "a")
    assert error.value.mend == "write a table captions.csv with the columns image and caption, one caption a row"
    with pytest.raises(GuinaError, match=r"0.png is a picture without a caption"):
        read(tmp_path / "a" / "0.png")
    lines(tmp_path / "notes.txt", "nothing", "to see")
    with pytest.raises(GuinaError, match=r"notes.txt is no table of captions"):
        read(tmp_path / "notes.txt")


def test_class_folders_have_no_captions(tmp_path):
    for name in ("cat", "dog", "emu", "fox"):
        draw(tmp_path / name, ["0.png", "1.png"])
    with pytest.raises(GuinaError, match=r"has 8 pictures in folders \(cat, dog, emu, …\), and no captions") as error:
        read(tmp_path)
    assert "guina train classify" in error.value.mend
