"""Runs the console until it is asked to stop."""

import logging

import uvicorn

from pipeline.console.app import create_app
from pipeline.site import Site

STOP_WITHIN = 5


def serve(site: Site, port: int) -> None:
    """One process with threads: the work is the database's, and memory stays small."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    uvicorn.run(
        create_app(site),
        host=site.settings.console.host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN,
    )
