"""
Judge every text that is due and raise a flag for each post that contradicts WHO guidance.

Runs when new posts arrive and every ten minutes, because asset events of a backfill do not always start a run. Its
work is found in the data, never in the event: texts without an assessment by the current judge. Running it twice, or
killing it at any moment, changes nothing. If it fails, read the log, fix the cause; the next run takes up what is due.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, dag, task
from notices import send_notice

from pipeline import steps

POSTS = Asset("kolwatch_posts")


@task
def shards() -> list[int]:
    """As many workers as there is work for, none where nothing is due."""
    return steps.judge_shards(steps.open_site())


@task
def judge(shard: int) -> dict[str, int]:
    """Workers share the work by locking rows; the number is only a name."""
    return steps.judge_due(steps.open_site()) | {"shard": shard}


@task(trigger_rule="all_done")
def raise_flags() -> dict[str, int]:
    return steps.raise_flags(steps.open_site())


@task(trigger_rule="all_done")
def tell_urgent() -> None:
    """Severity S4 is told at once, not at the close of the day; twice rather than never."""
    site = steps.open_site()
    message, flag_ids = steps.untold_urgent(site)
    if flag_ids:
        send_notice(message)
        steps.mark_told(site, flag_ids)


@task(trigger_rule="none_failed")
def all_went_well() -> None:
    """One broken worker holds back no flags of the others, but the run still shows as failed."""


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("*/10 * * * *", timezone="UTC"), assets=[POSTS]),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "kolwatch", "retries": 2, "retry_delay": timedelta(seconds=30)},
    tags=["kolwatch", "judge"],
    doc_md=__doc__,
)
def flag_claims() -> None:
    judged, raised, told = judge.expand(shard=shards()), raise_flags(), tell_urgent()
    judged >> raised >> told
    [judged, raised, told] >> all_went_well()


flag_claims()
