"""Airflow over a database of its own; its configuration is read at import, so the environment comes first."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import PROJECT

_HOME = tempfile.mkdtemp(prefix="airflow-test-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith(("AIRFLOW_", "KOLWATCH_CONFIG"))]:
    del os.environ[_name]
os.environ |= {
    "AIRFLOW_HOME": _HOME,
    "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    "KOLWATCH_CONFIG": str(PROJECT / "kolwatch.toml"),
}
sys.path.append(str(PROJECT / "dags"))  # as Airflow does with the folder of its DAGs


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    from airflow.utils.db import initdb

    initdb()
    return Path(_HOME)


@pytest.fixture(scope="session")
def dagbag(airflow_home: Path) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(PROJECT / "dags"))
