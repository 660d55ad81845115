"""TikTok: videos of the Research API, ads of the Commercial Content API, and what yt-dlp and RSSHub say of a video.

An account is its handle, as addresses write it.
"""

from dataclasses import replace
from datetime import UTC

from pipeline.errors import RecordError, SourceError
from pipeline.records import Count, Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import dates, values
from pipeline.sources.containers.feeds import feed_decode, feed_split
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.formats import aweme, feeditem, ytdlp
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
    "scope_not_authorized": "ask TikTok for the scope that the interface wants, such as research.data.basic",
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


# ---- the Research API -------------------------------------------------------------------------------


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
            url=aweme.address(Platform.TIKTOK, video_id, username),
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

# ---- the Commercial Content API ---------------------------------------------------------------------


def _identify_ad(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    """Ads are numbered apart from videos."""
    return f"ad_{values.required_id(values.mapping(record, 'ad'), 'id')}"


def _read_ad(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """What an ad claims is in its film: the list has no text, an ad's details have a title."""
    ad, advertiser = values.mapping(record, "ad"), values.mapping(record, "advertiser")
    number = values.required_id(ad, "id")
    account = values.identifier(advertiser, "business_id")
    return [
        ParsedPost(
            platform=Platform.TIKTOK,
            platform_post_id=_identify_ad(record, fragment, source),
            account_id=values.account(account, source, "advertiser.business_id"),
            account_name=values.text(advertiser, "business_name", "paid_for_by") or source.account_name,
            follower_count=values.count(advertiser, "follower_count"),
            url=f"https://library.tiktok.com/ads/detail/?ad_id={number}",
            posted_at=dates.time_of_any_layout(ad, "first_shown_date", zone=UTC),
            title=values.text(ad, "title"),
            transcript=values.text(record, "transcript"),
            counts=_seen(values.mapping(ad, "reach")),
            has_media=True,
            is_sponsored=True,
        )
    ]


def _seen(reach: Record) -> dict[Metric, Count]:
    """People who saw an ad, as a range such as `1K-10K`: so many views at least."""
    least = values.text(reach, "unique_users_seen").partition("-")[0]
    found = values.read_count(least, "unique_users_seen").value
    return {Metric.VIEWS: Count(found, lower_bound=True)} if found else {}


COMMERCIAL_CONTENT = Format(
    name="tiktok-commercialcontent",
    platform=Platform.TIKTOK,
    split=splitter(Page(records=(("data", "ads"), ("data",)), refuse=_refuse)),
    recognises=has("ad", "advertiser"),
    identify=_identify_ad,
    read=_read_ad,
)

# ---- RSSHub -----------------------------------------------------------------------------------------


def _identify_item(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    found = aweme.id_of_address(feeditem.address(record))
    if not found:
        raise RecordError("missing", "no video of TikTok in `url`")
    return found


def _read_item(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """The title is the whole description, and the content is a player."""
    video_id = _identify_item(record, fragment, source)
    handle = aweme.handle_of_address(feeditem.address(record)) or aweme.handle_of_address(feeditem.home(record))
    account_id = values.account(handle, source, "the address")
    post = feeditem.post(record, source, platform=Platform.TIKTOK, post_id=video_id, account_id=account_id)
    url = aweme.address(Platform.TIKTOK, video_id, account_id)
    return [replace(post, url=url, title="", text=post.title, is_html=False, has_media=True)]


def _is_item(record: Record) -> bool:
    return "feed" in record and feeditem.is_at(record, "tiktok.com")


RSSHUB = Format(
    name="tiktok-rsshub",
    platform=Platform.TIKTOK,
    split=feed_split,
    decode=feed_decode,
    recognises=_is_item,
    identify=_identify_item,
    read=_read_item,
)

# ---- yt-dlp -----------------------------------------------------------------------------------------

_NAMES = ("channel", "creator", "uploader")
_TIKTOK = ytdlp.Site(platform=Platform.TIKTOK, extractor="TikTok", account=("uploader",), account_name=_NAMES)
_DOUYIN = ytdlp.Site(
    platform=Platform.DOUYIN, extractor="Douyin", account=("channel_id", "uploader_id"), account_name=_NAMES
)


def _site(record: Record) -> ytdlp.Site:
    return _DOUYIN if values.text(record, "extractor_key") == _DOUYIN.extractor else _TIKTOK


def _identify_info(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return ytdlp.video_id(record, _site(record))


def _read_info(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """The title is the description once more, cut short."""
    site, video_id = _site(record), _identify_info(record, fragment, source)
    post = ytdlp.read_video(record, source, site, video_id)
    url = aweme.address(site.platform, video_id, post.account_id)
    return [replace(post, url=url, title="", counts=aweme.counts(record, site.counts))]


YT_DLP = Format(
    name="tiktok-ytdlp",
    platform=None,
    split=ytdlp.SPLIT,
    recognises=ytdlp.is_of(_TIKTOK, _DOUYIN),
    identify=_identify_info,
    read=_read_info,
)

FORMATS = (RESEARCH_API, COMMERCIAL_CONTENT, RSSHUB, YT_DLP)
