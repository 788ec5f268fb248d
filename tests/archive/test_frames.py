from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photochrom.archive.frames import MAX_HEADER, Closed, read_frame, write_frame


def frame(header, blocks):
    pipe = BytesIO()
    write_frame(pipe, header, blocks)
    return pipe.getvalue()


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()), st.lists(st.binary(max_size=100), max_size=4))
def test_what_is_written_is_read(header, blocks):
    header.pop("sizes", None)
    assert read_frame(BytesIO(frame(header, blocks))) == (header, blocks)


def test_a_message_that_is_cut_anywhere_is_the_end_of_the_stream():
    whole = frame({"id": 1}, [b"old", b"new"])
    for end in range(len(whole)):
        with pytest.raises(Closed):
            read_frame(BytesIO(whole[:end]))


@pytest.mark.parametrize("header", [b"{}", b"[]", b'{"sizes": 3}', b"not JSON", b'{"sizes": ["x"]}'])
def test_what_is_no_message_is_the_end_of_the_stream(header):
    with pytest.raises(Closed):
        read_frame(BytesIO(len(header).to_bytes(4, "big") + header))


def test_a_header_of_gigabytes_is_not_read():
    with pytest.raises(Closed):
        read_frame(BytesIO((MAX_HEADER + 1).to_bytes(4, "big") + b" " * (MAX_HEADER + 1)))
