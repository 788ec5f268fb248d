import errno

import pytest

from photochrom.storage.causes import cause


class ResponseError(Exception):
    status = 403


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ResponseError("https://me:secret@host"), "HTTP status 403"),
        (FileNotFoundError("https://me:secret@host"), "not found"),
        (PermissionError(errno.EACCES, "no access for secret"), "permission denied"),
        (OSError(errno.ENOSPC, "the quota of secret is reached"), "no space left on device"),
        (UnicodeEncodeError("utf-8", "secret\udce9", 6, 7, "surrogates not allowed"), "no UTF-8"),
        (OSError("secret"), "OSError"),
        (RuntimeError("secret"), "RuntimeError"),
    ],
)
def test_the_cause_of_an_error_does_not_quote_it(error, told):
    assert cause(error) == told
