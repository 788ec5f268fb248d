"""IPTC captions and credits: bare in TIFF, in one of Photoshop's resources in JPEG.

Source: Adobe Photoshop File Formats Specification, image resource 0x0404; TIFF tag 33723.
"""

_PHOTOSHOP = b"Photoshop 3.0\0"
_RESOURCE = b"8BIM\x04\x04"


def photoshop_block(iptc: bytes) -> bytes:
    """IPTC as JPEG holds it; a block that is one already stays as it is, with its other resources."""
    return iptc if iptc.startswith(_PHOTOSHOP) else _PHOTOSHOP + _resource(iptc)


def bare_iptc(data: bytes) -> bytes:
    """IPTC as TIFF holds it.

    Example:
        >>> bare_iptc(photoshop_block(b"caption"))
        b'caption'
    """
    start = data.find(_RESOURCE)
    if not data.startswith(_PHOTOSHOP) or start < 0 or start + 12 > len(data):
        return data
    name = data[start + 6] + 1
    length_at = start + 6 + name + name % 2
    length = int.from_bytes(data[length_at : length_at + 4], "big")
    return data[length_at + 4 : length_at + 4 + length]


def _resource(iptc: bytes) -> bytes:
    """Block of: signature and number, an empty name padded to two bytes, length, data padded to even length."""
    return _RESOURCE + b"\0\0" + len(iptc).to_bytes(4, "big") + iptc + bytes(len(iptc) % 2)
