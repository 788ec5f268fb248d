"""`python -m photochrom`: the command, where its script is not on the PATH."""

from photochrom.cli import run

if __name__ == "__main__":
    run()
