"""Units of text: every text comes back as it was, and its characters are counted once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guina.data.vocabulary import Bytes, Chars, Vocabulary, Words, byte_alphabet, make_vocabulary, restore

TEXT = "To be, or not to be: that is the question.\n\tWhether ’tis nobler — é 北京 🙂 in the mind\r 1984_x  \n" * 20
KINDS = ["char", "byte", "bpe", "word"]


@pytest.fixture(scope="module", params=KINDS)
def vocabulary(request) -> Vocabulary:
    return make_vocabulary(request.param, [TEXT[:300], TEXT[300:]])


def test_a_known_text_comes_back_and_its_characters_are_counted(vocabulary):
    units = vocabulary.encode(TEXT)
    assert units.dtype == np.int64
    assert 0 <= units.min() <= units.max() < vocabulary.size
    assert vocabulary.decode(units.tolist()) == TEXT
    assert vocabulary.characters_V[units].sum() == len(TEXT)


def test_restored_it_is_the_same(vocabulary):
    again = restore(vocabulary.facts())
    assert again.size == vocabulary.size
    np.testing.assert_array_equal(again.encode(TEXT), vocabulary.encode(TEXT))
    np.testing.assert_array_equal(again.characters_V, vocabulary.characters_V)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_bytes_know_every_text(text):
    units = Bytes().encode(text)
    assert Bytes().decode(units.tolist()) == text
    assert Bytes().characters_V[units].sum() == len(text)


@given(st.text())
def test_any_text_can_be_encoded(text):
    chars, words = Chars(list("abc ")), Words(["a", " bc"], list("abc "))
    assert chars.decode(chars.encode(text).tolist()) == "".join(c if c in "abc " else "\ufffd" for c in text)
    assert words.decode(words.encode(text).tolist()) == chars.decode(chars.encode(text).tolist())
    assert set(chars.unknown(text)) == set(text) - set("abc ")


def test_bpe_is_the_librarys(tmp_path):
    from tokenizers import Tokenizer

    vocabulary = make_vocabulary("bpe", [TEXT])
    path = tmp_path / "bpe.json"
    path.write_text(vocabulary.facts()["saved"], "utf-8")
    assert vocabulary.encode(TEXT).tolist() == Tokenizer.from_file(str(path)).encode(TEXT).ids
    assert len(vocabulary.encode(TEXT)) < len(TEXT) / 2.5


def test_the_byte_alphabet_is_one_character_a_byte():
    from tokenizers.pre_tokenizers import ByteLevel

    assert sorted(byte_alphabet().values()) == sorted(ByteLevel.alphabet())
    assert len(set(byte_alphabet().values())) == 256


def test_words_keep_the_space_before_them_and_spell_the_others():
    words = make_vocabulary("word", ["the cat saw the dog and the cat saw the cow " * 3 + "zebra"])
    shown = [words.decode([u]) for u in words.encode(" the cat saw a zebra").tolist()]
    assert shown[:3] == [" the", " cat", " saw"]
    assert "".join(shown) == " the cat saw a zebra"
    assert len(shown) > 6


def test_white_space_is_shown():
    chars = Chars(list("\n\t a"))
    assert [chars.shown(u) for u in range(5)] == ["\ufffd", "↵", "⇥", "␣", "a"]
