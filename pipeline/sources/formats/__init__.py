"""The formats, one module a platform family. FORMATS names them all."""

from collections.abc import Mapping

from pipeline.sources.contract import Format
from pipeline.sources.formats import (
    bilibili,
    douyin,
    internal,
    kuaishou,
    mapped,
    qq,
    qzone,
    rsshub,
    tieba,
    tiktok,
    toutiao,
    wechat,
    wechat_channels,
    wechat_feeds,
    wechat_lists,
    weibo,
    weibo_dataabc,
    xiaohongshu,
    youku,
    zhihu,
)

FORMATS: Mapping[str, Format] = {
    format.name: format
    for module in (
        bilibili,
        douyin,
        internal,
        kuaishou,
        mapped,
        qq,
        qzone,
        rsshub,
        tieba,
        tiktok,
        toutiao,
        wechat,
        wechat_channels,
        wechat_feeds,
        wechat_lists,
        weibo,
        weibo_dataabc,
        xiaohongshu,
        youku,
        zhihu,
    )
    for format in module.FORMATS
}
