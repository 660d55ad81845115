"""
Load new and changed positions of guidance/ into the database, each as a version.

Runs every night and when somebody has edited guidance/ and triggers it. A mistake in a file stops the load before
anything is written; the log names file, line and field.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

from pipeline import steps


@task
def load() -> dict[str, int]:
    return steps.load_guidance(steps.open_site())


@dag(
    schedule=CronTriggerTimetable("0 20 * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "kolwatch", "retries": 1, "retry_delay": timedelta(minutes=1)},
    tags=["kolwatch", "guidance"],
    doc_md=__doc__,
)
def load_guidance() -> None:
    load()


load_guidance()
