"""From a parsed post to a post in scope: plain text of the author's own words, folded for matching.

Folding never touches what is stored: it gives a second text and, per character of it, the span it came from.
"""

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from opencc import OpenCC
from selectolax.lexbor import LexborHTMLParser

from pipeline.records import Count, Dropped, DropReason, NormalisedText, Outcome, ParsedPost, Platform, Post
from pipeline.terms import Terms

MAX_CHARACTERS = 100_000
"""Longer titles, texts and transcripts are cut here; the post is then marked as truncated."""
MAX_HTML_CHARACTERS = 2_000_000
MAX_HTML_DEPTH = 300
"""Deeper markup makes a parser take quadratic time; no honest page comes near."""
KEPT_REPEATS = 3
KEPT_DIGITS = 12

INVISIBLE = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffc\U000e0000-\U000e0fff"
)
EMOTICONS = (
    "哈哈 哈 泪 偷笑 怒 爱你 嘻嘻 蜡烛 挖鼻 挖鼻屎 吃惊 汗 鼓掌 抓狂 心 衰 花心 威武 鄙视 哼 给力 围观 思考 "
    "晕 可怜 奥特曼 酷 害羞 太开心 good 话筒 馋嘴 弱 兔子 怒骂 疑问 笑哈哈 呵呵 爱心 囧 悲伤 黑线 蛋糕 吐 "
    "可爱 惊恐 熊猫 委屈 浮云 抱抱 睡觉 亲亲 伤心 耶 月亮 失望 泪流满面 祈祷 赞 愤怒 捂脸 强 闭嘴 玫瑰 阴险 "
    "微风 眼泪 懒得理你 太阳 神马 鲜花 做鬼脸 拳头 呲牙 偷乐 右哼哼 左哼哼 打哈欠 打哈气 绿丝带 拜拜 手套 "
    "猪头 帅 大哭 嘘 震惊 礼物 咖啡 握手 钱 崩溃 飞吻 飞机 花痴 雪人 流泪 皱眉 傻笑 雪 哇 强壮 干杯 胜利 挤眼 "
    "困 得意 脸红 最差 照相机 许愿 闪电 撒花 开心 ok no 巨汗 愉快 拥抱 顶 haha 嘿哈 旺柴 同意 摊手 礼花 "
    "感叹号 纠结 吐舌头 喝多了 惊讶 加油 微笑 足球 闭眼 心碎 感冒 生病 发红包 红包 调皮 害怕 大笑 坏笑 奸笑 "
    "红心 吐血 奋斗 撇嘴 发呆 星星眼 彩虹 允悲 doge 二哈 费解 色 舔屏 污 跪了 吃瓜 裂开 苦涩 叹气 破涕为笑 "
    "机智 社会社会 合十 爱慕 笑哭 笑cry 哭 哭惹 派对 石化 黄脸 再见 尴尬 发怒 白眼 傲慢 饥饿 惊喜 灵光一闪 "
    "比心 送心 看 泣不成声 赞同 感谢 握拳 捂嘴 加一 ok手势 666 汪柴 天啊 emm 打脸 吃 跳跳 蹲后续 种草 拔草 "
    "中国赞 点亮平安灯 话题 超话 超话社区"
)
MARKUP = re.compile(
    r"(?P<link>(?:https?://|www\.)[\x21-\x7e]+)"
    r"|\[em\]e\d{1,9}\[/em\]"
    r"|(?P<nick>@\{[^{}\n]{0,300}\})"
    r"|(?<![a-z0-9._])@[\w·-]{1,20}(?![\w·-])"
    rf"|\[(?:{'|'.join(sorted(set(EMOTICONS.split()), key=len, reverse=True))}|[^\[\]\s]{{1,8}}r)\]"
    r"|&(?:nbsp|amp|lt|gt|quot|\#39);"
    r"|\#"
    rf"|(?P<invisible>[{INVISIBLE}]+)"
)
MAY_HOLD_MARKUP = re.compile(rf"[\[@&#{INVISIBLE}]|://|www\.")
PHRASED = "瞭藉"
"""Traditional characters that OpenCC simplifies in phrases only (瞭解, 藉口)."""
SPELLINGS = str.maketrans("坏衞痺簷", "壞卫痹檐")
"""What its table from traditional to simplified lacks. 坏 is 坯 to it, as it once was, but people write it for 壞."""
PARTICLE = re.compile("(?<![专所原合名拙昭论显编译遗卓土巨])著(?![书作名录称者述])")
"""The 著 of Taiwan that is 着 elsewhere (睡著, 著涼), and not that of 著名 or 显著."""
REPEATED = re.compile(r"(\S)\1{3,}|\s{2,}")
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
SURROGATE = re.compile("[\ud800-\udfff]")
REPOST = re.compile(r"/{1,2}\s*@[^:：@\n]{1,60}[:：]|【转发】\s*@[^:：@\n]{1,60}[:：]?")
BLOCK = re.compile(
    r"</?(?:p|div|br|hr|li|ul|ol|dl|dt|dd|tr|table|section|article|header|footer|blockquote|pre|figure|figcaption"
    r"|h[1-6])(?=[\s/>])",
    re.IGNORECASE,
)
UNSPOKEN = "script,style,noscript,template,title,iframe,svg"
UNSPOKEN_SOURCE = re.compile(
    r"<(script|style|template)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL
)
TAG = re.compile(r"<(/?)[a-zA-Z][^<>]*?(/?)>")
PLACEHOLDER_TEXTS = (
    "获取全文失败,请重试 无 暂无 转发微博 轉發微博 转发 转发了 分享图片 分享了图片 分享视频 分享一张图片 "
    "图片评论 repost 快转微博 发布了图片 发表了图片 上传了视频 无标题 无正文 null none undefined"
)
PLACEHOLDERS = frozenset(PLACEHOLDER_TEXTS.split())


# ---- folding --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Characters:
    """What Unicode and OpenCC say of single characters, gathered once."""

    expanding: re.Pattern[str]
    """Characters that NFKC or lower-casing turns into several."""
    joining: frozenset[str]
    """Combining characters."""
    clusters: re.Pattern[str]
    """The same with the character they may join."""
    traditional: frozenset[str]
    converter: OpenCC


@cache
def _characters() -> _Characters:
    points = [chr(c) for c in range(0x80, 0x30000) if not 0xD800 <= c < 0xE000]
    seconds = {d[1] for c in points if len(d := unicodedata.normalize("NFD", c)) > 1}
    seconds |= set(map(chr, range(0x1161, 0x1176))) | set(map(chr, range(0x11A8, 0x11C3)))

    def joins(c: str) -> bool:
        firsts = {c, unicodedata.normalize("NFKC", c)[0], unicodedata.normalize("NFKD", c)[0]}
        return any(unicodedata.combining(f) or f in seconds for f in firsts)

    joining = {c for c in points if joins(c)}
    expanding = [c for c in points if c not in joining and len(unicodedata.normalize("NFKC", c).lower()) != 1]
    converter = OpenCC("t2s")
    han = [chr(c) for r in ((0x3400, 0xA000), (0x20000, 0x30000)) for c in range(*r)]
    simplified = converter.convert("\n".join(han)).split("\n")
    marks = "".join(map(re.escape, sorted(joining)))
    return _Characters(
        expanding=re.compile(f"[{''.join(expanding)}]"),
        joining=frozenset(joining),
        clusters=re.compile(f".?[{marks}]+", re.DOTALL),
        traditional=frozenset(a for a, b in zip(han, simplified, strict=True) if a != b).union(PHRASED, "衞痺簷"),
        converter=converter,
    )


Edit = tuple[int, int, str | None]
"""Start, end and what is to stand there instead; None: leave alone."""


def _matches(pattern: re.Pattern[str], rewrite: Callable[[re.Match[str]], str | None], text: str) -> Iterator[Edit]:
    return ((*match.span(), rewrite(match)) for match in pattern.finditer(text))


def _rewrite(text: NormalisedText, edits: Iterable[Edit]) -> NormalisedText:
    """Make edits, which come in order and do not overlap, and keep the way back.

    A replacement that is a head of what it replaces keeps its characters' own spans, the last one reaching to the end;
    in any other, each character stands for the whole.
    """
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end, new in edits:
        if new is None:
            continue
        pieces += (text.text[done:start], new)
        starts += text.starts[done:start]
        ends += text.ends[done:start]
        done = end
        if new and text.text.startswith(new, start, end):
            starts += text.starts[start : start + len(new)]
            ends += text.ends[start : start + len(new) - 1]
            ends.append(text.ends[end - 1])
        else:
            starts += [text.starts[start]] * len(new)
            ends += [text.ends[end - 1]] * len(new)
    if not pieces:
        return text
    pieces.append(text.text[done:])
    starts += text.starts[done:]
    ends += text.ends[done:]
    return NormalisedText("".join(pieces), starts, ends)


def _compatible(match: re.Match[str]) -> str | None:
    folded = unicodedata.normalize("NFKC", match[0]).lower()
    return None if folded == match[0] else folded


def _plain_markup(match: re.Match[str]) -> str:
    return "" if match.lastgroup == "invisible" else " "


def _moderate(match: re.Match[str]) -> str:
    """The head of a repetition; numbers such as 100000 keep their zeros."""
    repeated = match[0]
    if match[1] is None:
        return "\n" if "\n" in repeated else " "
    return repeated[: KEPT_DIGITS if match[1].isdigit() else KEPT_REPEATS]


def _same_length(text: str, convert: Callable[[str], str]) -> str:
    """Convert as a whole if every character keeps its place, else one by one where that is possible."""
    whole = convert(text)
    if len(whole) == len(text):
        return whole
    return "".join(new if len(new := convert(c)) == 1 else c for c in text)


def fold(text: str) -> NormalisedText:
    """Fold a text for matching: NFKC, simplified, lower case, without markup, invisibles and long repetitions.

    A lone surrogate, which nothing can encode, becomes U+FFFD.

    `text[starts[i]:ends[j - 1]]` is the original of `normalised.text[i:j]`.
    """
    characters = _characters()
    text = SURROGATE.sub("\ufffd", text)
    folded = NormalisedText(text, range(len(text)), range(1, len(text) + 1))
    if not text.isascii():
        if not unicodedata.is_normalized("NFC", text) or not characters.joining.isdisjoint(text):
            folded = _rewrite(folded, _matches(characters.clusters, _compatible, folded.text))
        folded = _rewrite(folded, _matches(characters.expanding, _compatible, folded.text))
    plain = _same_length(folded.text, lambda t: unicodedata.normalize("NFKC", t).lower())
    if not characters.traditional.isdisjoint(plain):
        plain = _same_length(plain.translate(SPELLINGS), characters.converter.convert)
    if "著" in plain:
        plain = PARTICLE.sub("着", plain)
    folded = NormalisedText(plain, folded.starts, folded.ends)
    if MAY_HOLD_MARKUP.search(plain):
        folded = _rewrite(folded, _matches(MARKUP, _plain_markup, folded.text))
    return _rewrite(folded, _matches(REPEATED, _moderate, folded.text))


def canonical(folded: NormalisedText, variants: Terms, canonicals: Mapping[str, str]) -> NormalisedText:
    """Write evasive, regional and variant spellings the way the guidance writes them; offsets stay exact."""
    return _rewrite(folded, ((start, end, canonicals[term]) for start, end, term in variants.spans(folded.text)))


# ---- plain text -----------------------------------------------------------------------------------


def to_plain(text: str, is_html: bool) -> str:
    """The visible text of HTML, or the text as it is; what no database can hold becomes U+FFFD."""
    text = UNWRITABLE.sub("\ufffd", text)
    if not is_html or ("<" not in text and "&" not in text):
        return text
    source = BLOCK.sub(r"\n\g<0>", re.sub(r"\s+", " ", text[:MAX_HTML_CHARACTERS]))
    if _is_deep(source):
        visible = html.unescape(re.sub(r"<[^<>]*>", "", UNSPOKEN_SOURCE.sub("", source)))
    else:
        visible = _parsed(source)
    lines = (line.strip() for line in UNWRITABLE.sub("\ufffd", visible).split("\n"))
    return "\n".join(filter(None, lines))


def _parsed(source: str) -> str:
    tree = LexborHTMLParser(source)
    for node in tree.css(UNSPOKEN):
        node.decompose()
    return tree.body.text() if tree.body else ""


def _is_deep(source: str) -> bool:
    depth, deepest = 0, MAX_HTML_DEPTH + source.count("<br")
    for tag in TAG.finditer(source):
        if not tag[2]:
            depth += -1 if tag[1] else 1
            if depth > deepest:
                return True
    return False


def split_reposts(text: str) -> tuple[str, str]:
    """Own words and reposted words of a text such as `同意//@甲:…//@乙:…`. A placeholder is no text."""
    found = REPOST.search(text)
    own, reposted = (text[: found.start()], text[found.start() :]) if found else (text, "")
    return _spoken(own), reposted.strip()


def _spoken(text: str) -> str:
    stripped = text.strip()
    if len(stripped) > KEPT_DIGITS + len("获取全文失败"):
        return stripped
    bare = unicodedata.normalize("NFKC", stripped).strip(" .。~!…\"'").lower()
    return "" if bare in PLACEHOLDERS else stripped


def document_of(parsed: ParsedPost) -> tuple[str, int, int, str]:
    """What a post says: (document, end of the title, end of the text, reposted text)."""
    text, chain = split_reposts(to_plain(parsed.text, parsed.is_html)[:MAX_CHARACTERS])
    title = _spoken(to_plain(parsed.title, is_html=False)[:MAX_CHARACTERS])
    transcript = _spoken(to_plain(parsed.transcript, is_html=False)[:MAX_CHARACTERS])
    if title and text.startswith(title.rstrip(".…")):
        title = ""
    document = _joined((title, text))
    reposted = _joined((chain, to_plain(parsed.reposted_text, parsed.is_html)[:MAX_CHARACTERS].strip()))
    return _joined((document, transcript)), len(title), len(document), reposted


def _joined(parts: Iterable[str]) -> str:
    return "\n".join(filter(None, parts))


# ---- scope ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose posts are judged. Accounts are keyed by (platform, account id)."""

    watchlist: Mapping[tuple[str, str], Count] = field(default_factory=dict)
    follower_floor: int = 300
    floors: Mapping[Platform, int] = field(default_factory=dict)
    """Platforms with a floor of their own."""
    min_characters: int = 15

    def followers_of(self, parsed: ParsedPost) -> Count:
        """The record's own count, else the watchlist's: the order of arrival must not matter."""
        key = (parsed.platform, parsed.account_id)
        counts = (parsed.follower_count, self.watchlist.get(key))
        return next((c for c in counts if c is not None and c.value is not None), Count())

    def holds(self, parsed: ParsedPost, followers: Count) -> bool:
        """Whether the account is listed or may reach its platform's floor."""
        floor = self.floors.get(parsed.platform, self.follower_floor)
        is_listed = (parsed.platform, parsed.account_id) in self.watchlist
        return is_listed or followers.value is None or followers.lower_bound or followers.value >= floor


def normalise(posts: Sequence[ParsedPost], scope: Scope, screen: Callable[[str], bool]) -> Outcome[Post, ParsedPost]:
    """Keep the posts in scope, as plain text of their authors' own words. `screen` is given folded text."""
    kept: list[Post] = []
    dropped: list[Dropped[ParsedPost]] = []
    for parsed in posts:
        found = _post(parsed, scope, screen)
        if isinstance(found, Post):
            kept.append(found)
        else:
            dropped.append(Dropped(parsed, found))
    return Outcome(kept, dropped)


def _post(parsed: ParsedPost, scope: Scope, screen: Callable[[str], bool]) -> Post | DropReason:
    if parsed.is_private:
        return DropReason.PRIVATE
    if parsed.is_deleted:
        return DropReason.DELETED
    document, title_end, text_end, reposted = document_of(parsed)
    folded = fold(document).text
    spoken = len(re.findall(r"\w", folded[:1000]))
    followers = scope.followers_of(parsed)
    if not spoken:
        return DropReason.NO_TEXT
    if parsed.has_media and spoken < scope.min_characters:
        return DropReason.TEXT_TOO_SHORT_TO_JUDGE
    if not scope.holds(parsed, followers):
        return DropReason.NOT_A_KOL
    if not screen(folded):
        return DropReason.NOT_HEALTH
    is_cut = max(title_end, text_end - title_end, len(document) - text_end) >= MAX_CHARACTERS
    return Post(
        parsed=replace(parsed, is_truncated=True) if is_cut else parsed,
        document=document,
        title_end=title_end,
        text_end=text_end,
        reposted_text=reposted,
        content_hash=hashlib.sha256(document.encode()).digest(),
        followers=followers,
    )
