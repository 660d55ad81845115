"""A deletion that comes without a record: a fragment without a body, whose context names the post by its key."""

import json
from collections.abc import Mapping

from pipeline.errors import RecordError
from pipeline.records import Fragment, ParsedPost, Platform
from pipeline.sources import values
from pipeline.sources.containers.jsontext import decode_object


def context(key: str | None, headers: Mapping[str, str], *, is_deletion: bool) -> bytes:
    """The context of a record that came with a key; `is_deletion` where it came without a value."""
    mark = {"deleted": True} if is_deletion else {}
    return json.dumps({"key": key, "headers": headers, **mark}).encode()


def is_tombstone(fragment: Fragment) -> bool:
    """Whether this deletes a post. Raises RecordError for a context that is none."""
    return (
        not fragment.body and bool(fragment.context) and decode_object(fragment.context or b"").get("deleted") is True
    )


def deleted_post(fragment: Fragment, platform: Platform | None) -> ParsedPost:
    """The post that is gone. Its key is `platform:post_id`, or the id alone where the source has one platform.

    Raises RecordError.
    """
    key = values.text(decode_object(fragment.context or b""), "key").strip()
    if not key:
        raise RecordError("missing", "a deletion without a key, so nothing says of which post")
    named, _, rest = key.partition(":")
    if rest and named in list(Platform):
        platform, key = Platform(named), rest
    if platform is None:
        known = ", ".join(Platform)
        raise RecordError("unknown_platform", f"the key of a deletion, {key[:80]!r}, begins with none of {known}")
    post_id = values.required_id({"key": key}, "key")
    return ParsedPost(platform=platform, platform_post_id=post_id, account_id="", is_deleted=True)
