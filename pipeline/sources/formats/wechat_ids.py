"""What names a WeChat article and its account, whoever wrote it down.

An account is its `__biz`: a number in base64, which some tools write as the number itself or as `MP_WXS_<number>`.
An article is account, message and index, as its long address says them; a short address, `/s/<name>`, hides them and
is then the only name there is.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from pipeline.sources import values

HOST = "mp.weixin.qq.com"
LASTING = ("__biz", "mid", "idx", "sn")
"""What an address needs to open; the rest (chksm, scene, key, pass_ticket …) are signatures that change."""

_OLDER = {"appmsgid": "mid", "itemidx": "idx", "sign": "sn"}
_SHORT = re.compile(r"/s/([\w-]{8,64})/?", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d{5,14}", re.ASCII)
_ID = re.compile(r"[\w=+/-]{1,64}", re.ASCII)


def canonical_address(address: str) -> str:
    """The address of an article without the signatures that differ from reader to reader.

    An address of nothing but signatures opens for hours only, and is empty here.
    """
    if values.host(address) != HOST:
        return address
    found = of_address(address)
    kept = [(key, found[key]) for key in LASTING if key in found]
    if kept:
        return f"https://{HOST}/s?{urlencode(kept, safe='=')}"
    return f"https://{HOST}{path}" if (path := urlsplit(address).path) not in ("", "/", "/s") else ""


def of_address(address: str) -> dict[str, str]:
    """The parts of an article's long address (`__biz`, `mid`, `idx`, `sn`); empty for a short one.

    Lists of messages write its `&` as `&amp;`.
    """
    if values.host(address) != HOST:
        return {}
    parts = parse_qsl(urlsplit(address.replace("&amp;", "&")).query)
    return {known: part for key, part in parts if (known := _OLDER.get(key, key)) in LASTING}


def account_of(word: str) -> str:
    """An account's `__biz`; what is neither it nor its number stays as it is."""
    bare = word.removeprefix("MP_WXS_")
    if not _NUMBER.fullmatch(bare):
        try:
            decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            return bare
        if not _NUMBER.fullmatch(decoded):
            return bare
        bare = decoded
    return base64.b64encode(bare.encode()).decode()


def account_of_address(address: str) -> str:
    """The account that an article's address names; empty for a short address."""
    return account_of(_sound(of_address(address).get("__biz", "")))


def article_of_address(address: str) -> str:
    """The article that an address names; empty for a passing one."""
    found = of_address(address)
    account, message = account_of_address(address), _sound(found.get("mid", ""))
    if account and message:
        return article(account, message, _sound(found.get("idx", "")) or "1")
    short = _SHORT.fullmatch(urlsplit(address).path) if values.host(address) == HOST else None
    return short[1] if short else ""


def article(account: str, message: str, index: str) -> str:
    """Message numbers are counted per account, so they need the account's name."""
    return f"{account}_{message}_{index}"


def articles_of_send(addresses: Sequence[str], send: str) -> list[str]:
    """The articles of one send, in order; one without an address (often a deleted one) by its neighbours' message."""
    long = next((address for address in addresses if "mid" in of_address(address)), "")
    account, message = account_of_address(long), _sound(of_address(long).get("mid", ""))
    prefix = f"{account}_{message}" if account and message else send
    return [article_of_address(address) or f"{prefix}_{place}" for place, address in enumerate(addresses, 1)]


def _sound(word: str) -> str:
    return word if _ID.fullmatch(word) else ""
