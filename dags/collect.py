"""
Collect what a source published in one interval, into the posts that the judge reads.

One DAG a source of kolwatch.toml, `collect_<source>`. Safe to run again and to backfill: a record that is already
stored is counted as unchanged, and each is stamped with the local day of its interval. If a task fails, its log names
the file or address and what to do; the other sources go on. A record that cannot be read does not fail the task: it
goes to quarantine and is counted.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset, CronDataIntervalTimetable, Param, dag, task

from pipeline import steps

POSTS = Asset("kolwatch_posts")
SETTINGS = steps.load_settings()


@task(outlets=[POSTS])
def collect(
    source: str,
    data_interval_start: datetime | None = None,
    data_interval_end: datetime | None = None,
    params: dict[str, int] | None = None,
) -> dict[str, int]:
    """Airflow fills in the interval; the step does the rest."""
    if data_interval_start is None or data_interval_end is None or data_interval_start == data_interval_end:
        raise ValueError(f"collect_{source} needs a data interval: backfill it instead of triggering it by hand")
    limit = (params or {}).get("limit") or None
    return steps.collect(steps.open_site(), source, data_interval_start, data_interval_end, limit=limit)


def collect_dag(name: str) -> DAG:
    """The DAG of one source, with its own schedule, pool, retries and switch."""
    source = SETTINGS.source[name]

    @dag(
        dag_id=f"collect_{name}",
        schedule=CronDataIntervalTimetable(source.schedule, timezone=SETTINGS.timezone) if source.enabled else None,
        start_date=datetime(2020, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args={
            "owner": "kolwatch",
            "retries": source.retries,
            "retry_delay": timedelta(seconds=30),
            "pool": source.pool,
        },
        params={"limit": Param(0, type="integer", minimum=0, description="At most this many records; 0: all")},
        tags=["kolwatch", "collect", source.format],
        doc_md=__doc__,
    )
    def build() -> None:
        collect(name)

    return build()


for found in SETTINGS.source:
    globals()[f"collect_{found}"] = collect_dag(found)
