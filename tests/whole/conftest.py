"""The sample days run once, in this process; every other way of running them is compared with this."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from pipeline.judge import Judge
from pipeline.local import postgres
from pipeline.records import Guidance
from pipeline.settings import load as load_settings
from pipeline.site import Site
from tests.whole.homes import Home, Tables, work

OpenSite = Callable[[Home], AbstractContextManager[Site]]


@pytest.fixture(scope="session")
def open_site(shipped: Guidance, shipped_judge: Judge) -> OpenSite:
    """Opens a home in this process, with a judge that is open already; a command takes long to open its own."""

    @contextmanager
    def opened(home: Home) -> Iterator[Site]:
        with postgres.serving(load_settings(home.environment)) as ready:
            site = Site(ready)
            site.__dict__.update(guidance=shipped, judge=shipped_judge)
            yield site
            site.engine.dispose()

    return opened


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory, open_site: OpenSite) -> Home:
    """The three days, one after the other."""
    home = Home(tmp_path_factory.mktemp("first"))
    with open_site(home) as site:
        work(site)
    return home


@pytest.fixture(scope="session")
def tables(first: Home) -> Tables:
    return first.tables()
