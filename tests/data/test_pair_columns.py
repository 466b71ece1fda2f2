"""Which columns of a table are the texts, whether its first row is a header, and every mistake in columns and rows."""

import pytest

from guina.data.languages import find_name, language_of, said
from guina.data.pair_columns import Direction
from guina.errors import GuinaError
from some_pairs import NONE, PAIRS, lines, pairs_of, read, write


@pytest.mark.parametrize(
    ("header", "direction"),
    [
        ("de\ten", ("de", "en")),
        ("source\ttarget", ("source", "target")),
        ("tgt\tsrc", ("src", "tgt")),
        ("English\tGerman", ("English", "German")),
        ("Deutsch\tEnglisch", ("Deutsch", "Englisch")),
        ("sentence1\tsentence2", ("sentence1", "sentence2")),
        ("text_de\ttext_en", ("text_de", "text_en")),
        ("eng_Latn\tzho_Hans", ("eng_Latn", "zho_Hans")),
        ("en-US\tzh-CN", ("en-US", "zh-CN")),
        ("日本語\t英語", ("日本語", "英語")),
        ("原文\t译文", ("原文", "译文")),
        ("Quelle\tZiel", ("Quelle", "Ziel")),
        ("text\ttranslation", ("text", "translation")),
        ("German (formal)\tEnglish", ("German (formal)", "English")),
    ],
)
def test_a_header_is_known_by_what_it_says(tmp_path, header, direction):
    records = read(write(tmp_path / "p.tsv", f"{header}\n{lines()}"), splits=("test",))
    assert (len(records), records.source, records.names[0]) == (8, Direction(*direction), "p.tsv, line 2")
    guess = "turns it round" in " ".join(records.report.problems)
    assert guess == (header not in ("source\ttarget", "tgt\tsrc", "原文\t译文", "Quelle\tZiel", "text\ttranslation"))


@pytest.mark.parametrize(
    "first",
    [
        ("Hund", "dog"),
        ("Deutsch", "German"),  # one language
        ("Quelle", "source"),
        ("Satz", "sentence"),
        ("nein", "no"),
        ("Er kommt aus Deutschland.", "He is from Germany."),
        ("de", "from"),
        ("7", "8"),
    ],
)
def test_a_first_pair_is_no_header(tmp_path, first):
    records = read(write(tmp_path / "p.tsv", lines([first, *PAIRS])), splits=("test",))
    assert (pairs_of(records)[0], records.source) == (first, Direction())
    assert any("column 1 is taken for the source" in problem for problem in records.report.problems)


def test_a_row_of_languages_and_texts_is_no_header(tmp_path):
    text = "".join(f"deu\t{a}\teng\t{b}\n" for a, b in [("Hallo", "Hello"), *PAIRS])
    assert pairs_of(read(write(tmp_path / "p.tsv", text), "2", "4", splits=("test",)))[0] == ("Hallo", "Hello")


def test_columns_are_named_by_name_language_or_number(tmp_path):
    path = write(
        tmp_path / "p.tsv",
        "id\tGerman\tEnglish\tFrench\n" + "".join(f"{n}\t{a}\t{b}\tx\n" for n, (a, b) in enumerate(PAIRS)),
    )
    for named in (
        ("German", "English"),
        ("german", "english"),
        ("de", "en"),
        ("2", "3"),
        ("column 2", "#3"),
        ("deu", "3"),
    ):
        records = read(path, *named, splits=("test",))
        assert (pairs_of(records), records.source) == (PAIRS, Direction("German", "English"))
        assert "left out: the columns id, French" in records.report.problems
    assert read(path, "English", "German", splits=("test",)).columns["source"] == [b for _, b in PAIRS]
    named_by_user = write(tmp_path / "q.tsv", f"Hund\tdog\n{lines()}")
    assert len(read(named_by_user, "dog", "Hund", splits=("test",))) == 8


@pytest.mark.parametrize(
    ("header", "named", "direction"),
    [
        ("de\ten", ("", "de"), ("en", "de")),
        ("de\ten", ("en", ""), ("en", "de")),
        ("id\tde\ten", NONE, ("de", "en")),
        ("de\ten\tscore", ("", "en"), ("de", "en")),
        ("lang\tsource\ttarget", NONE, ("source", "target")),
        ("id\thund\tkatze", ("", "katze"), ("hund", "katze")),
    ],
)
def test_what_is_not_named_is_the_other_one(tmp_path, header, named, direction):
    width = header.count("\t") + 1
    rows = "".join("\t".join(f"text {n} {k}" for k in range(width)) + "\n" for n in range(4))
    assert read(write(tmp_path / "p.tsv", f"{header}\n{rows}"), *named, splits=("test",)).source == Direction(
        *direction
    )


@pytest.mark.parametrize(
    ("text", "named", "says", "expected"),
    [
        (
            "Go.\tGeh.\tCC-BY 2.0 (France) Attribution: tatoeba.org\n" * 3,
            NONE,
            "3 columns: column 1 (Go.), column 2 (Geh.)",
            "two",
        ),
        ("de\ten\tfr\na\tb\tc\n", NONE, "3 columns: de, en, fr", "two"),
        ("de\ten\tfr\na\tb\tc\n", ("de", ""), "3 columns: de, en, fr", "two"),
        ("de\ten\na\tb\n", ("de", "es"), "has no column es", "de, en"),
        ("Hund\tdog\nBaum\ttree\n", ("de", "en"), "no column de: its first line is no header", "column 1 (Hund)"),
        ("Hund\tdog\nBaum\ttree\n", ("1", "3"), "no column 3", "column 2 (dog)"),
        ("de\ten\na\tb\n", ("de", "1"), "are both de", "two columns"),
        ("de\ten\tde\na\tb\tc\n", ("de", "en"), "two columns called de", "a name for each"),
        ("Hund dog\n", NONE, "has one column (column 1", "two"),
        ("", NONE, "has no rows", "translation"),
        ("de\ten\n", NONE, "no pairs to use", "train"),
        ("de\ten\na\tb\tc\n", NONE, "line 2 has 3 fields", "2, as the header has"),
        ("a b\tc\nd\te\nf\n", NONE, "line 3 has 1 field", "2, as most have"),
        ("a\tb\rc\td\re\tf", NONE, "carriage returns", "Unix"),
    ],
)
def test_mistakes_in_columns_and_rows(tmp_path, text, named, says, expected):
    with pytest.raises(GuinaError) as error:
        read(write(tmp_path / "p.tsv", text), *named)
    assert says in error.value.what
    assert expected in error.value.expected
    assert error.value.mend


def test_a_csv_whose_quotes_are_not_closed_or_whose_commas_are_loose(tmp_path):
    with pytest.raises(GuinaError, match=r"line 3: unexpected end of data"):
        read(write(tmp_path / "p.csv", 'de,en\na,b\nc,"d\n'))
    with pytest.raises(GuinaError, match=r"line 3: ',' expected after '\"'"):
        read(write(tmp_path / "p.csv", 'de,en\na,b\n"Komm" doch,come\n'))
    with pytest.raises(GuinaError, match=r"line 3 has 3 fields") as error:
        read(write(tmp_path / "p.csv", "de,en\na,b\nJa, gut,yes\n"))
    assert "into quotes" in error.value.mend


@pytest.mark.parametrize(("name", "mark"), [("p.tsv", "\t"), ("p.csv", ";")])
def test_empty_fields_and_rows_of_delimiters_are_nothing(tmp_path, name, mark):
    text = "de|en|\na|b|\n\nc|d\n||\n||\n".replace("|", mark)
    records = read(write(tmp_path / name, text), splits=("test",))
    assert (pairs_of(records), records.report.found) == ([("a", "b"), ("c", "d")], 2)
    assert records.report.as_json()["converted"] == {
        "lines without a value left out": {"count": 1, "for example": [name]}
    }


def test_a_header_in_quotes_names_the_columns(tmp_path):
    records = read(write(tmp_path / "p.tsv", '"de"\t"en"\n"a"\t"b"\n'), "de", "en", splits=("test",))
    assert (records.source, pairs_of(records)) == (Direction("de", "en"), [('"a"', '"b"')])
    assert "name the file .csv" in " ".join(records.report.problems)


def test_names_of_languages_and_sides():
    assert [
        language_of(name) for name in ("de", "DEU", "Deutsch", "text_ja", "target_zh", "source", "text (ko)", "Hund")
    ] == (["de", "de", "de", "ja", "zh", "", "ko", ""])
    assert [said(name).key for name in ("sentence 2", "lang1", "text", "3", "", "x" * 99)] == [
        "2",
        "1",
        "text",
        "",
        "",
        "",
    ]
    assert find_name("en", ["en-GB", "en-US"]) == ""  # either
    assert find_name(".de", ["DE", "en"]) == "DE"
