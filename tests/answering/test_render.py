"""What becomes of answers: lines, JSON, files, a sheet; and an error where no input could be read."""

import base64
import hashlib
import io
import json
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from guina import GuinaError
from guina.answering.answer import Answer, Attachment, Part
from guina.answering.render import as_grid, as_json, as_lines, checked
from guina.data.own import is_own


def answers(*errors: str, drawn: list[int]) -> Iterator[Answer]:
    for n, error in enumerate(errors):
        drawn.append(n)
        yield Answer(f"{n}.jpg", error=error) if error else Answer(f"{n}.jpg", "cat")


def picture(name: str, side: int = 4, channels: int = 1, seed: int = 0) -> Attachment:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, channels), np.uint8)
    return Attachment("picture", name, pixels)


def animation(name: str, frames: int = 3) -> Attachment:
    pixels = np.random.default_rng(1).integers(0, 256, (frames, 4, 4, 1), np.uint8)
    return Attachment("animation", name, pixels)


def sound(name: str) -> Attachment:
    """A tone that is louder than a file can hold in the middle."""
    time = np.arange(800) / 8000
    return Attachment("sound", name, (1.5 * np.sin(2 * np.pi * 5 * time)).astype(np.float32), 8000)


def opened(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


# --- whether anything could be read ---


def test_answers_come_as_they_are_made() -> None:
    drawn: list[int] = []
    stream = checked(answers("zero bytes", "", "not there", drawn=drawn))
    assert next(stream) == Answer("0.jpg", error="zero bytes")
    assert drawn == [0]
    assert [answer.input for answer in stream if isinstance(answer, Answer)] == ["1.jpg", "2.jpg"]


def test_when_none_could_be_read_the_reasons_are_named_at_the_end() -> None:
    stream = checked(answers("zero bytes", "not there", "zero bytes", drawn=[]))
    for _ in range(3):
        next(stream)
    with pytest.raises(GuinaError, match=r"none of 3 inputs .* 2 × zero bytes \(0\.jpg\); 1 × not there \(1\.jpg\)"):
        next(stream)


def test_no_answer_at_all_is_an_error() -> None:
    with pytest.raises(GuinaError, match="there are no inputs"):
        list(checked([]))


def test_parts_pass_and_are_no_answer_yet() -> None:
    items = [Part("one "), Part("two"), Answer("a", "one two")]
    assert list(checked(items)) == items
    with pytest.raises(GuinaError, match=r"none of 1 inputs .* 1 × it broke off \(a\)"):
        list(checked([Part("one "), Answer("a", error="it broke off")]))


# --- lines ---


def lines(*items: Answer | Part, out: Path | None = None) -> str:
    return "".join(as_lines(items, out))


def test_an_answer_is_a_line_with_how_sure_it_is_and_what_else_it_says_in_words() -> None:
    cat = Answer("a.jpg", "cat", 0.934, {"top": {"cat": 0.934, "dog": 0.066}}, facts={"of": "the house", "legs": 4})
    assert lines(cat, Answer("b.jpg", "dog")) == "a.jpg: cat  93.4%  the house\nb.jpg: dog\n"


def test_names_and_words_keep_to_their_line() -> None:
    assert lines(Answer("two\nlines.jpg", "a\tcat\x1b[31m")) == "two\\nlines.jpg: a\\tcat\\x1b[31m\n"


def test_an_error_is_a_line_among_the_others() -> None:
    items = [Answer("a\n.jpg", error="zero\nbytes"), Answer("b.jpg", "cat", 0.5), Answer("c.jpg", error="not there")]
    assert lines(*items) == "a\\n.jpg: zero\\nbytes\nb.jpg: cat  50.0%\nc.jpg: not there\n"


def written(prompt: str, *pieces: str) -> list[Answer | Part]:
    return [*map(Part, (prompt, *pieces)), Answer(prompt, "".join(pieces))]


def test_texts_stream_as_they_are_written_with_a_blank_line_between_prompts() -> None:
    items = [*written("the old ", "man ", "walks"), *written("a cat ", "sits"), *written("", "so")]
    assert lines(*items) == "the old man walks\n\na cat sits\n\nso\n"


def test_nothing_is_held_back() -> None:
    asked: list[str] = []

    def items() -> Iterator[Answer | Part]:
        for item in written("a", "b", "c"):
            asked.append(item.text if isinstance(item, Part) else "end")
            yield item

    stream, said = as_lines(items()), ""
    for piece in filter(None, stream):
        said += piece
        assert said.strip() == "".join(part for part in asked if part != "end")
    assert said == "abc\n"


def test_a_note_stands_before_what_it_is_of_and_ends_no_line() -> None:
    note = Part("note: it has never seen '猫'\n", note=True)
    assert lines(note, *written("猫", "s"), *written("a", "b")) == f"{note.text}猫s\n\nab\n"
    assert lines(*written("a", "b"), note, *written("猫", "s")) == f"ab\n\n{note.text}猫s\n"


def following(prompt: str, **probabilities: float) -> Answer:
    return Answer(prompt, alternatives={"next": probabilities})


def test_alternatives_alone_are_a_list_with_a_blank_line_between_prompts() -> None:
    note = Part("note: it has never seen '猫'\n", note=True)
    listed = "       e  90.0%\n      nl  8.5%\n"
    assert lines(following("a", e=0.9, nl=0.085)) == listed
    assert lines(following("a", e=0.9, nl=0.085), following("b", x=1)) == f"{listed}\n       x  100.0%\n"
    assert lines(note, following("猫", e=0.9, nl=0.085)) == note.text + listed
    assert lines(following("b", x=1), note, following("猫", e=0.9, nl=0.085)) == (
        f"       x  100.0%\n\n{note.text}{listed}"
    )


def test_an_answer_that_breaks_off_says_why_after_its_parts() -> None:
    broken = [Part("the old "), Part("m"), Answer("the old ", error="out of memory")]
    assert lines(*broken, *written("a", "b")) == "the old m\nthe old : out of memory\n\nab\n"


def test_what_an_answer_in_parts_hands_over_is_written_too(tmp_path: Path) -> None:
    spoken = [Part("hel"), Part("lo"), Answer("say hello", "hello", attachments=(sound("hello"),))]
    assert lines(*spoken, out=tmp_path) == f"hello\nsay hello: {tmp_path / 'hello.wav'}\n"
    assert (tmp_path / "hello.wav").is_file()


def test_pictures_are_written_and_where_they_are_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Answer("1-2", attachments=(picture("1-2"), animation("1-2")), facts={"class": "four"})
    deep = tmp_path / "deep" / "er"
    assert lines(walk, out=deep) == f"1-2: {deep / '1-2.png'} and {deep / '1-2.gif'}  four\n"
    assert np.array_equal(opened((deep / "1-2.png").read_bytes()), walk.attachments[0].data[:, :, 0])
    assert is_own(tmp_path / "deep"), "what guina made does not become data"
    monkeypatch.chdir(tmp_path)
    assert lines(Answer(7, attachments=(picture("7"),))) == f"7: {Path('samples') / '7.png'}\n"
    assert (tmp_path / "samples" / "7.png").is_file()


def test_lines_end_with_the_error_of_nothing_read() -> None:
    stream = as_lines([Answer("a", error="not there")])
    assert next(stream) == "a: not there\n"
    with pytest.raises(GuinaError, match="none of 1 inputs"):
        next(stream)


# --- JSON ---


def test_an_answer_as_json_is_its_words() -> None:
    cat = Answer("a.jpg", "cat", 0.9, {"top": {"cat": 0.9, "dog": 0.1}}, facts={"legs": 4})
    whole = {"input": "a.jpg", "answer": "cat", "confidence": 0.9, "top": {"cat": 0.9, "dog": 0.1}, "legs": 4}
    assert as_json(cat) == cat.words() == whole
    assert json.loads(json.dumps(as_json(cat))) == whole
    assert as_json(Answer("b", 0, error="not there")) == {"input": "b", "error": "not there"}
    assert as_json(Answer("c", "", 0.0)) == {"input": "c", "answer": "", "confidence": 0.0}


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_is_text_or_a_file(channels: int, tmp_path: Path) -> None:
    shown = picture("7", channels=channels)
    found = as_json(Answer(7, attachments=(shown,), facts={"class": "four"}))
    pixels = shown.data if channels == 3 else shown.data[:, :, 0]
    assert set(found) == {"input", "class", "sha256", "png"}
    assert found["sha256"] == hashlib.sha256(shown.data.tobytes()).hexdigest()
    assert np.array_equal(opened(base64.b64decode(found["png"])), pixels)

    filed = as_json(Answer(7, attachments=(shown,), facts={"class": "four"}), tmp_path / "made")
    assert filed == {"input": 7, "class": "four", "sha256": found["sha256"], "file": str(tmp_path / "made" / "7.png")}
    assert np.array_equal(opened((tmp_path / "made" / "7.png").read_bytes()), pixels)
    assert is_own(tmp_path / "made")


def decoded(file: io.BytesIO) -> tuple[int, np.ndarray]:
    """A sound's rate, and its samples from −1 to 1, as Python's own reader has them."""
    with wave.open(file) as read:
        assert (read.getnchannels(), read.getsampwidth()) == (1, 2)
        return read.getframerate(), np.frombuffer(read.readframes(read.getnframes()), "<i2") / 32767


def test_a_sound_is_text_or_a_file_and_decodes_to_its_samples(tmp_path: Path) -> None:
    tone = sound("hello")
    found = as_json(Answer("say hello", "hello", attachments=(tone,)))
    assert set(found) == {"input", "answer", "sha256", "wav"}
    rate, samples = decoded(io.BytesIO(base64.b64decode(found["wav"])))
    assert rate == 8000
    assert np.abs(samples - tone.data.clip(-1, 1)).max() <= 0.5 / 32767 + 1e-7
    assert (samples == 1).any(), "what is too loud is cut, and does not turn over"

    filed = as_json(Answer("say hello", "hello", attachments=(tone,)), tmp_path / "made")
    assert (filed["file"], filed["sha256"], "wav" in filed) == (
        str(tmp_path / "made" / "hello.wav"),
        found["sha256"],
        False,
    )
    assert (tmp_path / "made" / "hello.wav").read_bytes() == base64.b64decode(found["wav"])
    assert is_own(tmp_path / "made")


def test_an_animation_is_a_file_or_nothing(tmp_path: Path) -> None:
    walk = Answer("1-2", attachments=(picture("1-2"), animation("1-2", frames=5)))
    assert set(as_json(walk)) == {"input", "sha256", "png"}
    assert as_json(Answer("1-2", attachments=(animation("1-2"),))) == {"input": "1-2"}
    found = as_json(walk, tmp_path)
    assert set(found) == {"input", "sha256", "file", "animation"}
    assert found["file"] == str(tmp_path / "1-2.png")
    with Image.open(found["animation"]) as film:
        assert film.format == "GIF"
        assert film.n_frames == 8  # there and back: 1 2 3 4 5 4 3 2
        seen = []
        for n in range(film.n_frames):
            film.seek(n)
            seen.append(np.asarray(film.convert("L"))[::32, ::32])
    for n, m in enumerate([0, 1, 2, 3, 4, 3, 2, 1]):
        assert np.abs(seen[n].astype(int) - walk.attachments[1].data[m, :, :, 0]).max() <= 1


@pytest.mark.parametrize("made", [picture("a"), animation("a"), sound("a")], ids=lambda made: made.kind)
def test_a_folder_that_cannot_be_made_is_said(made: Attachment, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for render in (as_json, lambda answer, out: lines(answer, out=out)):
        with pytest.raises(GuinaError, match=r"cannot be written[\s\S]*choose another --out"):
            render(Answer("a", attachments=(made,)), tmp_path / "file" / "below")


# --- one picture of all ---


def test_a_grid_has_all_pictures_row_by_row(tmp_path: Path) -> None:
    shown = [picture(str(n), channels=3, seed=n) for n in range(5)]
    items = [Answer(n, attachments=(made,)) for n, made in enumerate(shown)]
    assert list(as_grid(items, tmp_path)) == [f"{tmp_path / '0-4.png'}: 0 to 4, row by row\n"]
    grid = opened((tmp_path / "0-4.png").read_bytes())
    assert grid.shape == (2 * 4, 3 * 4, 3)
    for n, made in enumerate(shown):
        y, x = 4 * (n // 3), 4 * (n % 3)
        assert np.array_equal(grid[y : y + 4, x : x + 4], made.data)
    assert not grid[4:, 8:].any(), "what is missing is black"


def test_a_grid_passes_by_what_is_no_picture_and_is_named_by_those_that_are(tmp_path: Path) -> None:
    items = [Answer("gone", error="not there"), Part("…"), Answer("in/a.png", attachments=(picture("a"),))]
    assert list(as_grid(items, tmp_path)) == [f"{tmp_path / 'a-a.png'}: in/a.png to in/a.png, row by row\n"]


def test_what_makes_no_grid_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    no_pictures = [Answer("a", "cat"), Answer("b", attachments=(sound("b"),))]
    two_sizes = [Answer(n, attachments=(picture(str(n), side=4 + n),)) for n in range(2)]
    for items in (no_pictures, two_sizes):
        with pytest.raises(GuinaError, match=r"no pictures of one size[\s\S]*leave --grid out"):
            list(as_grid(items))
    with pytest.raises(GuinaError, match="none of 1 inputs could be read"):
        list(as_grid([Answer("gone", error="not there")]))
    assert not list(tmp_path.iterdir())


# --- answers as values ---


def test_an_answer_is_read_like_its_json() -> None:
    answer = Answer("a.jpg", "cat", 0.9, {"top": {"cat": 0.9}}, facts={"legs": 4})
    read = [answer[key] for key in ("input", "answer", "confidence", "top", "legs")]
    assert read == ["a.jpg", "cat", 0.9, {"cat": 0.9}, 4]
    for absent in ("error", "next", "png"):
        with pytest.raises(KeyError):
            answer[absent]
    assert Answer("b", error="not there")["error"] == "not there"
    with pytest.raises(KeyError):
        Answer("b", error="not there")["answer"]


@pytest.mark.parametrize("made", [picture("a"), animation("a"), sound("a")], ids=lambda made: made.kind)
def test_answers_are_equal_when_what_they_hand_over_is_to_the_bit(made: Attachment) -> None:
    def of(*attachments: Attachment) -> Answer:
        return Answer("a", "b", 0.5, {"top": {"b": 0.5}}, attachments, {"n": 1})

    one = of(made)
    assert one == of(replace(made, data=made.data.copy()))
    assert hash(made) == hash(replace(made, data=made.data.copy()))
    other = made.data.copy()
    other.flat[-1] += 1
    different = [
        replace(made, data=other),
        replace(made, data=made.data[::-1]),
        replace(made, data=made.data.reshape(-1)[None]),  # as many values in another shape
        replace(made, data=made.data.view(np.int8)) if made.data.dtype == np.uint8 else replace(made, rate=16000),
        replace(made, name="b"),
        replace(made, kind="picture" if made.kind != "picture" else "animation"),
    ]
    for another in different:
        assert made != another
        assert one != of(another)
    assert one != of()
    assert one != of(made, made)
    assert one != replace(one, confidence=0.25)
    assert made != made.data.tobytes()
