"""One configured kolwatch: its settings, its database, and what is opened once, when first needed."""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property

from sqlalchemy import Engine

from pipeline import artefacts, db, guidance, judge, lexicon, normalise, privacy, settings, watchlist
from pipeline.errors import ConfigError, GuidanceError
from pipeline.local import state
from pipeline.records import Guidance, ParsedPost, Platform, Position
from pipeline.settings import PROJECT, Settings
from pipeline.sources import Source, open_source


class Site:
    """What the steps work with. Nothing is read before it is asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def engine(self) -> Engine:
        return db.open_engine(self.settings.database_url)

    @cached_property
    def guidance(self) -> Guidance:
        return guidance.load(PROJECT / "guidance")

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """The topics of guidance whose positions are watched; empty: all. Raises ConfigError for an unknown one."""
        chosen = self.settings.scope.topics
        known = {position.topic for position in self.guidance.positions.values()} if chosen else set()
        for topic in chosen:
            if topic not in known:
                raise ConfigError(
                    f"[scope] topics: {topic!r} is no topic of guidance/; they are {', '.join(sorted(known))}"
                )
        return chosen

    def position(self, guidance_id: str) -> Position:
        """Raises GuidanceError for one that guidance/ does not have."""
        found = self.guidance.positions.get(guidance_id)
        if found is None:
            raise GuidanceError(f"guidance/ has no {guidance_id}; `kolwatch guidance list` shows what it has")
        return found

    @cached_property
    def watched(self) -> list[str]:
        """The positions that raise flags."""
        return sorted(self.guidance.watched(self.topics))

    @property
    def keywords(self) -> tuple[str, ...]:
        """Health words of the site's own. Raises ConfigError for one that is no word."""
        for keyword in self.settings.scope.keywords:
            if not re.search(r"\w", normalise.fold(keyword).text):
                raise ConfigError(f"[scope] keywords: {keyword!r} holds no letter or digit; correct it or leave it out")
        return self.settings.scope.keywords

    @cached_property
    def lexicon(self) -> lexicon.Lexicon:
        """The words of guidance/lexicon/ and the site's own."""
        return lexicon.load(PROJECT / "guidance" / "lexicon").with_keywords(self.keywords)

    @cached_property
    def tools(self) -> judge.TextTools:
        return judge.text_tools(self.lexicon)

    @cached_property
    def judge_parts(self) -> Mapping[str, str]:
        """What the judge is made of, told without opening it."""
        return artefacts.judge_parts(self.settings.model_folder, self.guidance, self.lexicon, self.topics)

    @cached_property
    def judge(self) -> judge.Judge:
        return artefacts.open_judge(self.settings.model_folder, self.guidance, self.lexicon, self.topics)

    @cached_property
    def meanings(self) -> Callable[[Sequence[str]], artefacts.Floats]:
        """What folded claims mean, as unit vectors."""
        return artefacts.open_meanings(PROJECT / "models" / "words-zh", self.tools.cut)

    @cached_property
    def watchlist(self) -> Mapping[tuple[str, str], watchlist.Listed]:
        path = self.settings.scope.watchlist
        return watchlist.load(self.settings.resolve(path)) if path else {}

    @cached_property
    def scope(self) -> normalise.Scope:
        """Whose posts are judged."""
        scope = self.settings.scope
        return normalise.Scope(
            watchlist={key: listed.followers for key, listed in self.watchlist.items()},
            follower_floor=scope.follower_floor,
            floors={Platform(name): floor for name, floor in scope.follower_floor_by_platform.items()},
            min_characters=scope.min_characters,
        )

    @cached_property
    def pseudonymise(self) -> Callable[[ParsedPost], ParsedPost]:
        """Hides the authors that the settings say are private persons."""
        platforms = frozenset(self.settings.privacy.hash_authors)
        return privacy.pseudonymiser(platforms, self.watchlist.keys(), self._hash_key)

    def pseudonym(self, platform: str, account_id: str) -> str:
        """What an account is called where nobody may know whose it is."""
        return privacy.pseudonym(platform, account_id, self._hash_key())

    def key(self, purpose: str) -> str:
        """A secret of this site's for one purpose; it follows from the hash key."""
        return hmac.digest(self._hash_key(), purpose.encode(), "sha256").hex()

    def _hash_key(self) -> bytes:
        """The environment's, else this machine's own, made once."""
        return (self.settings.hash_key or state.secret(self.settings.home / "hash.key")).encode()

    @cached_property
    def screen(self) -> Callable[[str], bool]:
        """Whether a folded text is about health; the judge asks the same."""
        return self.tools.screen

    @cached_property
    def words(self) -> Callable[[str], list[str]]:
        """What a document is found by; not the judge's affair, but cut with the same words."""
        return self.tools.words

    @cached_property
    def query(self) -> Callable[[str], str]:
        """What finds the documents that hold all words of a search."""
        return self.tools.query

    def source(self, name: str) -> Source:
        """Raises ConfigError for a source that kolwatch.toml does not have."""
        return open_source(name, settings.source(self.settings, name), self.settings.root)

    def interval(self, day: date) -> tuple[datetime, datetime]:
        """The start of a local day and of the next."""
        zone = self.settings.zone
        return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def open_site() -> Site:
    """The site of this process's environment. Raises ConfigError."""
    return Site(settings.load())
