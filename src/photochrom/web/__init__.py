"""The page and the HTTP API: `photochrom serve`."""

from photochrom.web.app import create_app
from photochrom.web.server import ServeError, serve
from photochrom.web.settings import Settings

__all__ = ["ServeError", "Settings", "create_app", "serve"]
