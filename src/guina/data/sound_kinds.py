"""What the bytes of a sound file are, by how they begin: the content decides, whatever the file is called.

Four formats are read, by one library (libsndfile), and nothing else reaches its decoders: WAV, FLAC, Ogg (Vorbis, Opus)
and MP3. What else people record with is named, with what would turn it into one of these.
"""

HEAD = 64  # bytes that are looked at
SUFFIXES = {
    "WAV": (".wav", ".wave", ".bwf", ".rf64"),
    "FLAC": (".flac", ".fla"),
    "OGG": (".ogg", ".oga", ".opus", ".spx"),
    "MP3": (".mp3", ".mp2", ".mpga"),
}
READ = tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
OTHERS = (  # what is sound by its name and is not read: it is found, so that it can be named
    *(".m4a", ".aac", ".mp4", ".m4b", ".3gp", ".amr", ".wma", ".webm", ".mka", ".aif", ".aiff", ".aifc", ".caf"),
    *(".au", ".snd", ".sph", ".w64", ".ape", ".wv", ".ac3"),
)
BEGINNINGS = {  # how other files begin
    b"\x1a\x45\xdf\xa3": "WebM or Matroska, which needs FFmpeg",
    b"\x30\x26\xb2\x75": "WMA, which needs FFmpeg",
    b"#!AMR": "AMR, which needs FFmpeg",
    b"FORM": "AIFF, which is to be saved as WAV or FLAC",
    b"caff": "CAF, which is to be saved as WAV or FLAC",
    b".snd": "AU, which is to be saved as WAV or FLAC",
    b"NIST_1A": "NIST SPHERE, which is to be saved as WAV or FLAC",
    b"MAC ": "Monkey's Audio, which needs FFmpeg",
    b"wvpk": "WavPack, which needs FFmpeg",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a packed file (.zip)",
    b"\x1f\x8b": "a packed file (.gz)",
    b"version https://git-lfs": "a pointer of Git LFS, whose file is to be fetched first",
}


class BadSound(Exception):
    """Why a recording cannot be used, in words for the report."""


def sound_kind(head: bytes) -> tuple[str, str]:
    r"""Which of the four formats a file has, by its first bytes; ("", what it is instead) if none.

    Example:
        >>> sound_kind(b"RIFF\x24\x00\x00\x00WAVEfmt "), sound_kind(b"fLaC\x00")
        (('WAV', ''), ('FLAC', ''))
        >>> sound_kind(b"\x00\x00\x00\x20ftypM4A "), sound_kind(b"<!DOCTYPE html>")
        (('', 'm4a (AAC), which needs FFmpeg'), ('', 'a web page'))
    """
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
        return "WAV", ""
    if head[:4] in (b"RIFF", b"RIFX", b"RF64"):
        return "", "a film or a picture" if len(head) >= 12 else "cut off in its first bytes"
    if head[:4] == b"fLaC":
        return "FLAC", ""
    if head[:4] == b"OggS":
        return "OGG", ""
    if head[:3] == b"ID3" or is_mpeg(head):
        return "MP3", ""
    if head[4:8] == b"ftyp":
        return "", "m4a (AAC), which needs FFmpeg"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "", "AAC, which needs FFmpeg"
    for beginning, kind in BEGINNINGS.items():
        if head.startswith(beginning):
            return "", kind
    if head.lstrip()[:5].lower() in (b"<!doc", b"<html"):
        return "", "a web page"
    return "", "no sound that guina reads (WAV, FLAC, Ogg, MP3)"


def is_mpeg(head: bytes) -> bool:
    r"""Whether a file begins with a frame of MPEG audio of layer 1, 2 or 3 (ISO 11172-3, 2.4.1.3).

    Example:
        >>> is_mpeg(b"\xff\xfb\x90\x64"), is_mpeg(b"\xff\xf1\x50\x80")  # the second is AAC: it has layer 0
        (True, False)
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, rates = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2]
    return version != 1 and layer != 0 and rates >> 4 != 15 and rates >> 2 & 3 != 3


def misnamed(kind: str, suffix: str) -> str:
    """What there is to say of a file of a format that is called like another; "" if nothing.

    Example:
        >>> misnamed("FLAC", ".wav"), misnamed("WAV", ".WAV"), misnamed("MP3", "")
        ('FLAC in a file called .wav', '', '')
    """
    suffix = suffix.lower()
    other = suffix in (*READ, *OTHERS) and suffix not in SUFFIXES[kind]
    return f"{kind} in a file called {suffix}" if other else ""
