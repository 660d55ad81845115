"""Asks Airflow's command line in a process of its own: its import reads the environment and writes a home folder."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PARSE = (
    "import json, sys; from airflow.cli.cli_parser import get_parser;"
    "[get_parser().parse_args(words) for words in json.load(sys.stdin)]; print('taken')"
)


def complaint(commands: Sequence[Sequence[str]], home: Path) -> str:
    """What Airflow's parser says against these command lines (without the word `airflow`); empty if it takes them."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PARSE],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        env=os.environ | {"AIRFLOW_HOME": str(home)},
        check=False,
    )
    return "" if done.stdout.endswith("taken\n") else done.stderr or "no answer"
