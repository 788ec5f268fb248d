import xml.etree.ElementTree as ElementTree

import pytest

from photochrom.photos.xmp import with_description, without_description

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
OURS = {"a": "urn:a#", "b": "urn:b/"}
OF_AN_EDITOR = (
    b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 6.0.0">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <!-- kept too -->
  <rdf:Description rdf:about="uuid:42" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/tiff">
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Gro\xc3\x9fmutter</rdf:li></rdf:Alt></dc:title>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""
    + b" " * 200
    + b'\n<?xpacket end="w"?>'
)


def properties(packet):
    descriptions = ElementTree.fromstring(packet.rstrip(b"\0").decode()).iter(RDF + "Description")
    return {child.tag: child.text for description in descriptions for child in description}


def test_a_new_packet_is_wrapped_rdf_with_the_properties():
    packet = with_description(None, OURS, {"a:one": "1 < 2 & 3", "b:two": "ü"})
    assert packet.startswith(b"<?xpacket begin=")
    assert packet.endswith(b'<?xpacket end="w"?>')
    assert properties(packet) == {"{urn:a#}one": "1 < 2 & 3", "{urn:b/}two": "ü"}


def test_nothing_of_an_existing_packet_is_lost():
    packet = with_description(OF_AN_EDITOR, OURS, {"a:one": "1"})
    before, after = OF_AN_EDITOR.split(b" </rdf:RDF>")
    assert packet.startswith(before)
    assert packet.endswith(b"</rdf:RDF>" + after)
    assert properties(packet)["{urn:a#}one"] == "1"
    abouts = {d.get(RDF + "about") for d in ElementTree.fromstring(packet.decode()).iter(RDF + "Description")}
    assert abouts == {"uuid:42"}  # ISO 16684-1, 7.4: all descriptions are about the same


def test_adding_again_replaces_what_was_added():
    once = with_description(OF_AN_EDITOR, OURS, {"a:one": "1", "b:two": "2"})
    twice = with_description(once, OURS, {"a:one": "3"})
    assert properties(twice)["{urn:a#}one"] == "3"
    assert "{urn:b/}two" not in properties(twice)
    assert without_description(once, OURS) == OF_AN_EDITOR


@pytest.mark.parametrize("prefix", ["rdf", "r"])
def test_empty_rdf_and_other_prefixes_are_added_to(prefix):
    name = prefix.encode()
    packet = b'<%s:RDF xmlns:%s="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>' % (name, name)
    assert properties(with_description(packet, OURS, {"a:one": "1"})) == {"{urn:a#}one": "1"}
    assert properties(with_description(packet + bytes(9), OURS, {"a:one": "1"})) == {"{urn:a#}one": "1"}


@pytest.mark.parametrize("packet", [b"no xml", "<rdf:RDF></rdf:RDF>".encode("utf-16"), b"<rdf:RDF> cut off"])
def test_what_is_no_packet_is_not_added_to(packet):
    assert with_description(packet, OURS, {"a:one": "1"}) is None
