"""Files without their metadata: what a damaged or outsized profile, comment or preview must not cost is the picture.

Pillow refuses a PNG of which a text unpacks to more than a megabyte, or all texts to more than 64, and stumbles over
checksums of parts that no pixel depends on. PNG: https://www.w3.org/TR/png-3, section 5; JPEG: ITU-T T.81, annex B.
"""

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
NEEDED = (b"tRNS", b"eXIf")  # what a PNG's pixels, and how they are turned, depend on beside the critical chunks
EXIF = b"Exif\0\0"


def without_metadata(data: bytes) -> bytes:
    """A PNG's or JPEG's bytes without what no pixel depends on; other files as they are.

    Example:
        >>> without_metadata(JPEG + b"\\xff\\xfe\\0\\x04hi" + b"\\xff\\xda...")
        b'\\xff\\xd8\\xff\\xda...'
    """
    if data.startswith(PNG):
        return bare_png(data)
    return bare_jpeg(data) if data.startswith(JPEG) else data


def bare_png(data: bytes) -> bytes:
    """Critical chunks (whose names begin with a capital), transparency and orientation."""
    kept, at = [PNG], len(PNG)
    while at + 12 <= len(data):
        kind = data[at + 4 : at + 8]
        end = at + 12 + int.from_bytes(data[at : at + 4])
        if kind[:1].isupper() or kind in NEEDED:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def bare_jpeg(data: bytes) -> bytes:
    """Without application segments and comments, but those that say how colours are coded and how it is turned."""
    kept, at = [JPEG], len(JPEG)
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9):  # the scan, the end
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4])
        application = 0xE0 <= marker <= 0xEF and marker not in (0xE0, 0xEE)
        turned = marker == 0xE1 and data[at + 4 : at + 10] == EXIF
        if turned or not (application or marker == 0xFE):
            kept.append(data[at:end])
        at = end
    return b"".join([*kept, data[at:]])
