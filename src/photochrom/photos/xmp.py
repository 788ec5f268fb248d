"""XMP: add properties to a photograph's packet without touching what is in it.

A packet is RDF in XML, with properties of many programs. It is not parsed and written anew, which would lose its
namespaces' names, its comments and its padding: one more rdf:Description is put before the end of rdf:RDF.

Source: ISO 16684-1 (XMP part 1), sections 7.3.2 (packet wrapper) and 7.4 (one rdf:about for all descriptions).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_END = re.compile(rb"</(?P<prefix>[A-Za-z_][\w.-]*):RDF\s*>(?!.*</(?P=prefix):RDF)", re.DOTALL)
_EMPTY = re.compile(rb"<(?P<prefix>[A-Za-z_][\w.-]*):RDF(?P<rest>[^<>]*?)/>")
_ABOUT = re.compile(rb"""\babout\s*=\s*(?P<value>"[^"<>]*"|'[^'<>]*')""")

_OUTSIDE = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    f' <rdf:RDF xmlns:rdf="{_RDF}">\n',
    ' </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>',
)


def with_description(
    packet: bytes | None, namespaces: Mapping[str, str], properties: Mapping[str, str]
) -> bytes | None:
    """The packet with these properties; a description that was added here before is replaced.

    Args:
        packet: a photograph's own, or None.
        namespaces: addresses by prefix; the first is what a description added here is known by.
        properties: texts by name, "prefix:name".

    Returns: the packet; None for one that is no RDF in UTF-8, and so cannot be added to.

    Example:
        >>> b"<a:b>1 &lt; 2</a:b>" in with_description(None, {"a": "urn:a#"}, {"a:b": "1 < 2"})
        True
    """
    if not packet or not packet.strip(b"\0 \r\n\t"):
        return (_OUTSIDE[0] + _description("rdf", '""', namespaces, properties) + _OUTSIDE[1]).encode()
    packet = without_description(packet.rstrip(b"\0"), namespaces)
    about = _ABOUT.search(packet)
    quoted = about["value"].decode("utf-8", "replace") if about else '""'
    if end := _END.search(packet):
        text = _description(end["prefix"].decode(), quoted, namespaces, properties)
        return packet[: end.start()] + text.encode() + packet[end.start() :]
    if empty := _EMPTY.search(packet):
        name = empty["prefix"].decode()
        text = _description(name, quoted, namespaces, properties)
        opened = packet[: empty.start()] + f"<{name}:RDF".encode() + empty["rest"] + b">\n"
        return opened + text.encode() + f"</{name}:RDF>".encode() + packet[empty.end() :]
    return None


def without_description(packet: bytes, namespaces: Mapping[str, str]) -> bytes:
    """The packet without what `with_description` added to it under the first of these namespaces."""
    return _own(namespaces).sub(b"", packet)


def _description(rdf: str, about: str, namespaces: Mapping[str, str], properties: Mapping[str, str]) -> str:
    declared = "".join(f' xmlns:{prefix}="{address}"' for prefix, address in namespaces.items())
    lines = [f"   <{name}>{_escaped(value)}</{name}>" for name, value in properties.items()]
    opening = f"  <{rdf}:Description {rdf}:about={about}{declared}>"
    return "\n".join([opening, *lines, f"  </{rdf}:Description>\n"])


def _own(namespaces: Mapping[str, str]) -> re.Pattern[bytes]:
    """A description as this module writes it, with its indentation and its line's end."""
    prefix, address = next(iter(namespaces.items()))
    opening = rf'  <(?P<rdf>[\w.-]+):Description [^<>]*xmlns:{prefix}="{re.escape(address)}"[^<>]*>'
    return re.compile((opening + r".*?</(?P=rdf):Description>\n?").encode(), re.DOTALL)


def _escaped(text: str) -> str:
    """Without the signs of markup; html.escape does the same, and brings all of HTML's entities into a cold start."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
