"""The sample days run once without Airflow; every other way of running them is compared with this."""

from typing import Any

import pytest

from tests.whole.homes import DAYS, Home

Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The three days, one after the other."""
    home = Home(tmp_path_factory.mktemp("first"))
    home.run_days(DAYS)
    return home


@pytest.fixture(scope="session")
def tables(first: Home) -> Tables:
    return first.tables()
