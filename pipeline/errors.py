"""The error tree.

PipelineError
├── ConfigError        kolwatch.toml or the environment says something impossible
├── GuidanceError      a file under guidance/ has a mistake
├── ArtefactError      a model folder is incomplete, altered or foreign
├── DatabaseError      the database cannot be reached or is not migrated
├── ServiceError       a process of the embedded default does not run
├── SourceError        a source as a whole cannot be read
└── RecordError        one record cannot be read; it goes to quarantine
"""

import re

_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class PipelineError(Exception):
    """Something went wrong in kolwatch."""

    def __init__(self, message: str | None = None) -> None:
        # What came from outside is quoted in messages, and messages go to terminals, logs and the database.
        super().__init__(_CONTROLS.sub("\ufffd", message or (self.__doc__ or "").strip()))


class ConfigError(PipelineError):
    """The configuration is wrong."""


class GuidanceError(PipelineError):
    """A guidance file has a mistake; nothing was loaded."""


class ArtefactError(PipelineError):
    """A model folder is incomplete, altered or made for something else."""


class DatabaseError(PipelineError):
    """The database cannot be used."""


class ServiceError(PipelineError):
    """A process of the embedded default does not run."""


class SourceError(PipelineError):
    """A source cannot be read."""


class RecordError(PipelineError):
    """One record cannot be read."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
