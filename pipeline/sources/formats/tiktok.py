"""TikTok videos: answers of the Research API."""

from pipeline.errors import SourceError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.values import SECONDS

_COUNTS = {
    Metric.VIEWS: ("view_count",),
    Metric.LIKES: ("like_count",),
    Metric.COMMENTS: ("comment_count",),
    Metric.SHARES: ("share_count",),
    Metric.FAVOURITES: ("favorites_count", "favourites_count"),
}
_ADVICE = {
    "access_token_invalid": "get a new access token",
    "scope_not_authorized": "ask TikTok for the scope research.data.basic",
    "rate_limit_exceeded": "the day's quota is spent; it is renewed at 00:00 UTC",
    "daily_quota_limit_exceeded": "the day's quota is spent; it is renewed at 00:00 UTC",
}


def _refuse(members: Members, origin: str) -> None:
    code = member(members, "error", "code")
    if code in (None, "", "ok"):
        return
    advice = _ADVICE.get(str(code), "mend the request and deliver the page again")
    message = member(members, "error", "message")
    raise SourceError(f"{origin}: TikTok answered with error {code!r} ({message or 'no message'}); {advice}")


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return values.required_id(record, "id")


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    video_id = _identify(record, fragment, source)
    username = values.account(values.identifier(record, "username"), source, "username")
    return [
        ParsedPost(
            platform=Platform.TIKTOK,
            platform_post_id=video_id,
            account_id=username,
            account_name=values.text(record, "username") or source.account_name,
            url=f"https://www.tiktok.com/@{username}/video/{video_id}",
            posted_at=values.epoch(record, "create_time", unit=SECONDS),
            text=values.text(record, "video_description"),
            transcript=values.text(record, "voice_to_text"),
            counts=values.counts(record, _COUNTS),
            has_media=True,
        )
    ]


RESEARCH_API = Format(
    name="tiktok-researchapi",
    platform=Platform.TIKTOK,
    split=splitter(Page(records=(("data", "videos"), ("videos",)), refuse=_refuse)),
    recognises=has("id", "video_description", "username"),
    identify=_identify,
    read=_read,
)

FORMATS = (RESEARCH_API,)
