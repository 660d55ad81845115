"""The formats, one module a platform family. FORMATS names them all."""

from collections.abc import Mapping

from pipeline.sources.contract import Format
from pipeline.sources.formats import (
    bilibili,
    douyin,
    internal,
    mapped,
    qzone,
    tiktok,
    wechat,
    wechat_channels,
    weibo,
    weibo_dataabc,
    xiaohongshu,
    youku,
)

FORMATS: Mapping[str, Format] = {
    format.name: format
    for module in (
        bilibili,
        douyin,
        internal,
        mapped,
        qzone,
        tiktok,
        wechat,
        wechat_channels,
        weibo,
        weibo_dataabc,
        xiaohongshu,
        youku,
    )
    for format in module.FORMATS
}
