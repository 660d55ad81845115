"""The console as a process of `kolwatch up`; people use `kolwatch serve`."""

import logging

from pipeline.console.server import serve
from pipeline.errors import PipelineError
from pipeline.local import console
from pipeline.settings import load
from pipeline.site import Site


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    try:
        settings = load()
        serve(Site(settings), console.port(settings))
    except PipelineError as error:
        raise SystemExit(f"kolwatch: {error}") from error


if __name__ == "__main__":
    main()
