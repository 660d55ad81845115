"""
Close a day and tell how it went.

Runs after midnight of the configured zone for the day before; to close another day, or a day again, trigger it with
the parameter `day`. The table of a closed day stays as it was until it is closed again; what arrives later is marked
late. The notice names the flags, the S4 flags, sources without data, and sources of whose records over one per cent
cannot be read.
"""

from datetime import UTC, date, datetime, timedelta

from airflow.sdk import CronDataIntervalTimetable, Param, dag, task
from airflow.sdk.types import DagRunProtocol
from notices import send_notice

from pipeline import steps

SETTINGS = steps.load_settings()


@task
def pick_day(
    params: dict[str, str] | None = None,
    data_interval_start: datetime | None = None,
    dag_run: DagRunProtocol | None = None,
) -> str:
    """The day asked for, else the one that the interval began on; it must be over when the run is wanted."""
    day = (params or {}).get("day")
    if not day:
        if data_interval_start is None:
            raise ValueError("report_daily needs the parameter `day`, such as 2026-11-20, when it is triggered by hand")
        day = data_interval_start.astimezone(SETTINGS.zone).date().isoformat()
    if dag_run and day >= (today := dag_run.run_after.astimezone(SETTINGS.zone).date().isoformat()):
        raise ValueError(f"{day} has not ended (in {SETTINGS.timezone} it is {today}); close it when it has")
    return day


@task
def close(day: str) -> str:
    return str(steps.close_day(steps.open_site(), date.fromisoformat(day)))


@task
def tell(report: str) -> None:
    send_notice(report)


@task
def forget_old(day: str) -> dict[str, int]:
    return steps.forget_old(steps.open_site(), date.fromisoformat(day))


@dag(
    schedule=CronDataIntervalTimetable(SETTINGS.report.schedule, timezone=SETTINGS.timezone),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "kolwatch", "retries": 2, "retry_delay": timedelta(seconds=30)},
    params={"day": Param(None, type=["null", "string"], format="date", description="The local day to close")},
    tags=["kolwatch", "report"],
    doc_md=__doc__,
)
def report_daily() -> None:
    day = pick_day()
    report = close(day)
    tell(report)
    report >> forget_old(day)


report_daily()
