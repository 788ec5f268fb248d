"""`photochrom serve`: the page and the HTTP API."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from photochrom.cli.extras import needs_extra
from photochrom.cli.reports import complain

TOKEN_VARIABLE = "PHOTOCHROM_TOKEN"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", "-p", min=0, max=65535, metavar="PORT", help="0 takes a free one.")
    ] = 8000,
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--model", "-m", metavar="MODEL", help="Name or ONNX file; may be repeated. The first is the default."
        ),
    ] = None,
    allowed: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="Host name to answer to, `*` for any; may be repeated. This machine's own are always answered.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, metavar="N", help="Photographs at a time; 0: one for each core.")
    ] = 0,
    queue: Annotated[int, typer.Option("--queue", min=0, metavar="N", help="Requests that may wait.")] = 64,
    seconds: Annotated[float, typer.Option("--seconds", metavar="S", help="For one request, waiting included.")] = 60,
    max_upload: Annotated[
        float, typer.Option("--max-upload", metavar="MB", help="Megabytes of one photograph as a file.")
    ] = 64,
    max_megapixels: Annotated[
        float, typer.Option("--max-megapixels", metavar="MP", help="Larger photographs are refused.")
    ] = 100,
    memory: Annotated[
        float,
        typer.Option("--memory", metavar="MB", help="Megabytes each for uploads, the page's photographs, and jobs."),
    ] = 512,
    device: Annotated[
        str,
        typer.Option(
            "--device", metavar="NAME", help="What runs the networks: auto, cpu, cuda, coreml, directml or openvino."
        ),
    ] = "auto",
    log: Annotated[bool, typer.Option("--log/--no-log", help="A line on stderr for each request.")] = False,
) -> None:
    """Open a page in which photographs are colored, and an HTTP API (needs the extra `serve`).

    Only this machine is answered unless --host says otherwise. With PHOTOCHROM_TOKEN set in the environment, every
    call must carry that token. Photographs stay in memory and are forgotten; nothing is written or sent elsewhere.
    """
    with needs_extra("serve"):
        from photochrom.inference import WeightsError
        from photochrom.inference.devices import check_device
        from photochrom.web import ServeError, Settings
        from photochrom.web import serve as run_server
        from photochrom.web.settings import LOOPBACK_HOSTS
    token = os.environ.get(TOKEN_VARIABLE) or None
    if host not in LOOPBACK and not allowed:
        raise typer.BadParameter(
            f"--host {host} opens the server to others; say by which names they reach it with --allow-host, or `*`"
        )
    names = tuple(allowed or ())
    try:
        settings = Settings(
            models=tuple(models or ("lite",)),
            device=check_device(device),
            token=token,
            hosts=() if "*" in names else (*LOOPBACK_HOSTS, *names),
            workers=workers,
            queue=queue,
            seconds=seconds,
            upload_megabytes=max_upload,
            max_megapixels=max_megapixels,
            memory_megabytes=memory,
            session_megabytes=memory,
            job_megabytes=memory,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    _log_to_stderr(requests=log)
    if host not in LOOPBACK and token is None:
        complain(
            f"note: whoever reaches {host} may use this server; {TOKEN_VARIABLE} in the environment asks for a token"
        )
    try:
        run_server(settings, host, port, started=lambda address: print(f"photochrom is at {address}", flush=True))
    except (ServeError, WeightsError, ValueError) as error:
        complain(str(error))
        raise typer.Exit(2) from None


def _log_to_stderr(*, requests: bool) -> None:
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("photochrom.web")
    log.addHandler(handler)
    log.setLevel(logging.INFO if requests else logging.ERROR)
    log.propagate = False
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns about each form that does not parse
