import pytest

from photochrom.storage.addresses import package_for, public, scheme_of


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("photos/a b.jpg", "photos/a b.jpg"),
        ("https://me:pa%40ss@host:81/a/b.tar?X-Sig=abc#x", "https://host:81/a/b.tar"),
        ("http://me:p@ss@host/a.tar", "http://host/a.tar"),
        ("s3://bucket/a.tar?versionId=3", "s3://bucket/a.tar"),
        ("simplecache::https://me:secret@host/a.tar", "simplecache::https://host/a.tar"),
        ("zip://a.jpg::https://me:secret@host/a.zip", "zip://a.jpg::https://host/a.zip"),
    ],
)
def test_no_password_or_signature_is_shown(given, shown):
    assert public(given) == shown


@pytest.mark.parametrize(
    ("place", "scheme"),
    [
        ("scans/1931", "file"),
        ("", "file"),
        ("FILE:///scans", "file"),
        ("s3://bucket/a::b", "s3"),
        ("zip://a.jpg::gs://bucket/a.zip", "zip"),
        ("simplecache::https://host/a.tar", "https"),
        ("C:/scans", "file"),
    ],
)
def test_an_address_tells_its_kind_and_a_path_is_a_file(place, scheme):
    assert scheme_of(place) == scheme


def test_packages_are_called_as_pip_calls_them():
    assert [package_for(scheme) for scheme in ("s3", "gs", "az", "https")] == ["s3fs", "gcsfs", "adlfs", "aiohttp"]
    assert package_for("nosuch") == "for nosuch"
