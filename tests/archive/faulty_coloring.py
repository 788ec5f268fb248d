"""The process that colors, with faults that real decoders have had: started in its place by tests.

A photograph says by the first word after its JPEG's end what is to happen: the file itself stays a good photograph.
"""

import os
import signal
import time

from photochrom.archive import coloring_process

color = coloring_process._color
MARK = b"\xff\xd9FAULT:"


def faulty(colorizer, outputs, path, distinct, content):
    fault = content.rpartition(MARK)[2] if MARK in content else b""
    if fault == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if fault == b"exit":
        os._exit(3)
    if fault == b"endless":
        time.sleep(3600)
    if fault == b"memory":
        assert bytearray(2 << 30)
    if fault == b"killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return color(colorizer, outputs, path, distinct, content)


coloring_process._color = faulty
coloring_process.serve()
