r"""Headers of WAV files that lie about the length, and a file as if its header told the truth.

A program that writes to a pipe cannot go back and write how much came: it leaves 0, or the greatest number that fits.
Some count the header too. A copy that broke off leaves a length beyond the end of the file, and so does a recorder that
was switched off. In all of these the sound goes on to the end of the file; where much was promised that is not there,
it is not the whole sound.

A WAV file is RIFF, a length, WAVE, and chunks: four letters, a length of four bytes, as many bytes, and one more where
that is odd (Multimedia Programming Interface and Data Specifications 1.0, IBM and Microsoft 1991).
"""

from typing import BinaryIO, NamedTuple

STREAMED = 0x7FFF_0000  # lengths from here on are no lengths: what is left by programs that cannot go back
CHUNKS = 1000  # looked at before the sound at most
BEHIND = (b"LIST", b"id3 ", b"ID3 ", b"bext", b"fact", b"PEAK", b"smpl", b"cue ", b"iXML", b"_PMX", b"JUNK", b"PAD ")
NO_LENGTH = "a header that says no length, as of a stream: read to the end of the file"
TOO_LONG = "a header that says more than there is: read to the end of the file"
HEADER = 128  # bytes by which the length is too great at most where the header was counted too


class Mending(NamedTuple):
    """Other bytes for one place of a file.

    Args:
        at: the first byte's place.
        why: what there is to say of it.
        whole: whether all the sound is there that the file was to have.
    """

    at: int
    bytes: bytes
    why: str
    whole: bool = True


def wrong_length(file: BinaryIO, size: int) -> Mending | None:
    """What is to be written in place of the length of a WAV file's sound; None where that is right, or there is none.

    Args:
        file: at any place.
        size: of the file in bytes.
    """
    file.seek(0)
    riff = file.read(12)
    order = "big" if riff[:4] == b"RIFX" else "little"
    if riff[:4] not in (b"RIFF", b"RIFX") or riff[8:] != b"WAVE":
        return None  # RF64 says its lengths elsewhere
    place = 12
    for _ in range(CHUNKS):
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            return None
        name, says = head[:4], int.from_bytes(head[4:], order)
        start = place + 8
        if name == b"data":
            there = size - start
            if 0 < says <= there or there <= 0 or (says == 0 and is_empty(file.read(8), there, order)):
                return None
            known = 0 < says < STREAMED
            length = min(there, 0xFFFF_FFFF).to_bytes(4, order)
            return Mending(place + 4, length, TOO_LONG if known else NO_LENGTH, not known or says - there <= HEADER)
        place = start + says + says % 2
        if place >= size:
            return None
    return None


def is_empty(behind: bytes, there: int, order: str) -> bool:
    """Whether a chunk of length 0 holds nothing indeed: another chunk stands behind it, and fits.

    Args:
        behind: the 8 bytes that follow.
        there: bytes up to the end of the file.
    """
    length = int.from_bytes(behind[4:], "big" if order == "big" else "little")
    return behind[:4] in BEHIND and length + 8 <= there + 1


class Mended:
    """A file with other bytes in one place (or in none), for libraries that read from objects.

    Example:
        >>> import io
        >>> file = Mended(io.BytesIO(b"abcdefgh"), Mending(2, b"XY", ""))
        >>> file.read(3), file.read(3), file.seek(3), file.read(1)
        (b'abX', b'Yef', 3, b'Y')
    """

    def __init__(self, file: BinaryIO, mending: Mending | None) -> None:
        self.file, self.at, self.new = file, mending.at if mending else 0, mending.bytes if mending else b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def read(self, count: int) -> bytes:
        place, data = self.file.tell(), self.file.read(count)
        at, new = self.at, self.new
        start, end = max(place, at), min(place + len(data), at + len(new))
        if start >= end:
            return data
        return data[: start - place] + new[start - at : end - at] + data[end - place :]
