"""Addresses of files as people type them: paths, and URLs that fsspec opens."""

from __future__ import annotations

import re
from pathlib import Path

_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*::)*([A-Za-z][A-Za-z0-9+.-]+)://")
_PACKAGES = {
    "s3": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "abfs": "adlfs",
    "az": "adlfs",
    "http": "aiohttp",
    "https": "aiohttp",
}


def scheme_of(place: str) -> str:
    """What kind of place it is; a path is a "file".

    Example:
        >>> scheme_of("scans/1931"), scheme_of("S3://bucket/a"), scheme_of("simplecache::https://host/a.tar")
        ('file', 's3', 'https')
    """
    found = _SCHEME.match(place)
    return found[1].lower() if found else "file"


def package_for(scheme: str) -> str:
    """The package by which fsspec opens such an address, as pip calls it.

    Example:
        >>> package_for("gs")
        'gcsfs'
    """
    return _PACKAGES.get(scheme, f"for {scheme}")


def public(place: str | Path) -> str:
    """An address as it may be printed: without user, password, query and fragment.

    Example:
        >>> public("https://me:secret@host/shard.tar?signature=abc")
        'https://host/shard.tar'
    """
    text = str(place)
    if "://" not in text:
        return text
    *wrappers, last = text.split("::")  # fsspec's chains: simplecache::https://...
    if "://" not in last:
        return "::".join([*(public(part) for part in wrappers), last])
    scheme, _, rest = last.partition("://")
    rest = rest.partition("?")[0].partition("#")[0] if scheme in ("http", "https", "s3") else rest
    authority, slash, path = rest.partition("/")
    return "::".join([*(public(part) for part in wrappers), f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"])
