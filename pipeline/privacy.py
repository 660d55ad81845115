"""Pseudonyms for the accounts of private persons: a keyed hash that only the holder of the key can make again.

An account on the watchlist is a public voice that an operator named, and keeps its id.
"""

import hmac
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cache

from pipeline.records import ParsedPost, Platform

AccountKey = tuple[str, str]
"""Platform and account id."""
PREFIX = "h_"
_DIGITS = 24
"""Hex digits of a pseudonym: 96 bits, so that no two accounts of a platform meet."""
_SHORTEST_ID = 4
"""Characters. A shorter account id would be found in addresses and post ids by chance."""


def pseudonymiser(
    platforms: Collection[Platform], listed: Collection[AccountKey], read_key: Callable[[], bytes]
) -> Callable[[ParsedPost], ParsedPost]:
    """Return what hides the authors of `platforms` that are not `listed`; the key is not read before there is one."""
    key = cache(read_key)

    def hide(post: ParsedPost) -> ParsedPost:
        if post.platform not in platforms or not post.account_id or (post.platform, post.account_id) in listed:
            return post
        hidden = pseudonym(post.platform, post.account_id, key())
        names_author = len(post.account_id) < _SHORTEST_ID or post.account_id in post.url
        return replace(
            post,
            account_id=hidden,
            account_name=f"{post.account_name[:1]}***" if post.account_name else "",
            url="" if names_author else post.url,
            platform_post_id=_without(post.account_id, hidden, post.platform_post_id),
        )

    return hide


def pseudonym(platform: str, account_id: str, key: bytes) -> str:
    """The pseudonym of an account: the same for the same key, on every machine and day."""
    return PREFIX + hmac.digest(key, f"{platform}:{account_id}".encode(), "sha256").hex()[:_DIGITS]


def _without(account_id: str, hidden: str, post_id: str) -> str:
    """Some ids of posts name their author, such as those of Qzone's blogs."""
    parts = post_id.split("_")
    return "_".join(hidden if part == account_id else part for part in parts)
