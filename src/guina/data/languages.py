"""Which language or side a column, a file's ending or a folder is named after: de, deu, German, text_de, source.

One table of names for headers and for files. What is not in it can still be named with --source and --target.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

SOURCE, TARGET = "source", "target"

# a language a line: its two letters (ISO 639-1), its three (639-2/3), its names in English, in itself and in others
TABLE = """
ar ara arb arabic arabisch arabe árabe العربية عربي 阿拉伯语
bg bul bulgarian bulgarisch bulgare búlgaro български
cs ces cze czech tschechisch tchèque checo čeština česky
da dan danish dänisch danois danés dansk
de deu ger german deutsch allemand alemán tedesco alemão duits немецкий niemiecki 德语 德文 ドイツ語
el ell gre greek griechisch grec griego ελληνικά
en eng english englisch anglais inglés inglese inglês engels английский angielski 英语 英文 英語
es spa spanish spanisch espagnol español castellano spagnolo espanhol spaans испанский 西班牙语 スペイン語
et est estonian estnisch estonien eesti
fa fas per pes persian persisch farsi فارسی
fi fin finnish finnisch finnois finlandés suomi
fr fra fre french französisch français francés francese francês frans французский francuski 法语 フランス語
he heb iw hebrew hebräisch hébreu hebreo עברית
hi hin hindi हिन्दी हिंदी
hr hrv croatian kroatisch croate hrvatski
hu hun hungarian ungarisch hongrois húngaro magyar
id ind indonesian indonesisch indonésien indonesio bahasa
is isl ice icelandic isländisch islandais islandés íslenska
it ita italian italienisch italien italiano italiaans итальянский włoski 意大利语 イタリア語
ja jpn japanese japanisch japonais japonés giapponese 日本語 日语
ko kor korean koreanisch coréen coreano 한국어 韩语 韓国語
la lat latin lateinisch latein latín latino latina
lt lit lithuanian litauisch lituanien lituano lietuvių
lv lav latvian lettisch letton letón latviešu
nl nld dut dutch niederländisch néerlandais neerlandés holandés olandese nederlands 荷兰语
no nor nob nno nb nn norwegian norwegisch norvégien noruego norsk bokmål nynorsk
pl pol polish polnisch polonais polaco polacco polski польский 波兰语
pt por portuguese portugiesisch portugais portugués portoghese português portugees 葡萄牙语 ポルトガル語
ro ron rum romanian rumänisch roumain rumano română
ru rus russian russisch russe ruso russo русский 俄语 ロシア語
sk slk slo slovak slowakisch slovaque eslovaco slovenčina
sl slv slovenian slovene slowenisch slovène esloveno slovenščina
sr srp serbian serbisch serbe serbio srpski српски
sv swe swedish schwedisch suédois sueco svedese svenska zweeds
th tha thai thailändisch ไทย
tr tur turkish türkisch turc turco türkçe turks 土耳其语
uk ukr ukrainian ukrainisch ukrainien ucraniano українська
vi vie vietnamese vietnamesisch vietnamien vietnamita
zh zho chi cmn chinese chinesisch chinois chino cinese chinês chinees mandarin китайский chiński 中文 汉语 漢語 中国語
"""
# two letters, three letters and the English name of others
MORE = """
af afr afrikaans, am amh amharic, az aze azerbaijani, be bel belarusian, bn ben bengali, br bre breton, bs bos bosnian,
ca cat catalan, cy cym welsh, eo epo esperanto, eu eus basque, fo fao faroese, fy fry frisian, ga gle irish,
gd gla gaelic, gl glg galician, gu guj gujarati, ha hau hausa, ht hat haitian, hy hye armenian, ig ibo igbo,
jv jav javanese, ka kat georgian, kab kab kabyle, kk kaz kazakh, km khm khmer, kn kan kannada, ku kur kurdish,
ky kir kyrgyz, lb ltz luxembourgish, lo lao lao, mg mlg malagasy, mi mri maori, mk mkd macedonian, ml mal malayalam,
mn mon mongolian, mr mar marathi, ms msa malay, mt mlt maltese, my mya burmese, ne nep nepali, oc oci occitan,
or ori odia, pa pan punjabi, ps pus pashto, rw kin kinyarwanda, sd snd sindhi, si sin sinhala, sm smo samoan,
sn sna shona, so som somali, sq sqi albanian, sw swa swahili, ta tam tamil, te tel telugu, tg tgk tajik, tk tuk turkmen,
tl tgl tagalog, tn tsn tswana, tt tat tatar, ur urd urdu, uz uzb uzbek, wo wol wolof, xh xho xhosa, yi yid yiddish,
yo yor yoruba, zu zul zulu, nds nds lowgerman, gsw gsw swissgerman, hsb hsb sorbian, tlh tlh klingon
"""
SIDES = {
    SOURCE: "source src original input quelle ausgangstext origen fuente origine 原文",
    TARGET: "target tgt trg translation translated output ziel zieltext übersetzung traduction traducción "
    "traduzione tradução vertaling перевод 译文 翻译 訳文 訳",
}
PLAIN = (  # words that say nothing of which side it is
    *("text", "texts", "sentence", "sentences", "segment", "phrase", "string", "line", "word", "words", "term"),
    *("lang", "language", "sprache", "langue", "idioma", "side", "satz", "wort", "mot", "frase", "sent", "s", "l"),
)
SCRIPTS = ("latn", "cyrl", "hans", "hant", "arab", "deva", "grek", "hebr", "jpan", "hang", "kore", "thai", "beng")
LONGEST = 40  # characters of a name


def lines_of_names() -> dict[str, str]:
    """Name → the two letters of its language."""
    entries = [line.split() for line in (*TABLE.strip().splitlines(), *MORE.strip().replace("\n", " ").split(","))]
    return {unicodedata.normalize("NFC", name): entry[0] for entry in reversed(entries) for name in entry}


LANGUAGES = lines_of_names()
ROLES = {name: side for side, names in SIDES.items() for name in names.split()}


class Said(NamedTuple):
    """What a name says: a side, a language (its two letters), a number; "" each where it does not."""

    side: str = ""
    language: str = ""
    number: str = ""
    plain: bool = False

    @property
    def key(self) -> str:
        """What tells it from its like; "" where the name is not known. What is called text or word is "text"."""
        return self.side or self.language or self.number or ("text" if self.plain else "")


def said(name: str) -> Said:
    """What the name of a column, an ending or a folder says of the texts that it holds; nothing if a word is not known.

    Example:
        >>> [said(name).key for name in ("de", "German", "text_de", "zh-CN", "sentence2", "src", "Hund")]
        ['de', 'de', 'de', 'zh', '2', 'source', '']
        >>> said("source_deu")
        Said(side='source', language='de', number='', plain=False)
    """
    if not name or len(name) > LONGEST:
        return Said()
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d])(?=\d)", " ", unicodedata.normalize("NFC", name))
    outside = re.sub(r"\([^()]*\)|\[[^][]*\]", " ", spaced)
    if outside != spaced and (found := said(outside)).key not in ("", "text"):
        return found  # "German (formal)", but "text (de)"
    words = re.findall(r"[^\W_]+", spaced)
    side = language = number = ""
    plain = False
    for written in words:
        word = written.lower()
        if language and (word in SCRIPTS or (written.isupper() and len(written) == 2)):
            continue  # a script or a country: eng_Latn, zh-CN
        if word in ROLES and not side:
            side = ROLES[word]
        elif word in LANGUAGES and not language:
            language = LANGUAGES[word]
        elif word.isdecimal() and len(word) == 1 and not number:
            number = word
        elif word in PLAIN:
            plain = True
        else:
            return Said()
    if number and not (plain or side or language):
        return Said()  # a number alone is a value
    return Said(side, language, number, plain)


def language_of(name: str) -> str:
    """The two letters of the language that a column's or an ending's name says; "" where it says none.

    Example:
        >>> language_of("English"), language_of("jpn"), language_of("target_zh"), language_of("source")
        ('en', 'ja', 'zh', '')
    """
    return said(name).language


def find_name(name: str, names: Iterable[str]) -> str:
    """The one of some names that a user means; "" if none is, or several might be.

    The very name, then one with other capitals, then the only one that says the same language or side.

    Example:
        >>> find_name("de", ["DE", "en"]), find_name("German", ["deu", "eng"]), find_name("fr", ["de", "en"])
        ('DE', 'deu', '')
    """
    names = list(names)
    if name in names:
        return name
    bare = name.strip().strip(".").casefold()
    same = [other for other in names if other.strip().casefold() == bare]
    if not same and (meant := said(bare)).key:
        same = [other for other in names if said(other).key == meant.key]
        if not same and meant.language:
            same = [other for other in names if said(other).language == meant.language]
    return same[0] if len(same) == 1 else ""
