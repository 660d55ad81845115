"""The error tree.

PipelineError
├── ConfigError        kolwatch.toml or the environment says something impossible
├── GuidanceError      a file under guidance/ has a mistake
├── ArtefactError      a model folder is incomplete, altered or foreign
├── DatabaseError      the database cannot be reached or is not migrated
├── ServiceError       a process of the embedded default does not run
├── ReviewError        what a reviewer asked for cannot be done; says who was first
├── SourceError        a source as a whole cannot be read
├── UserError          a user of the console cannot be made or changed so
└── RecordError        one record cannot be read; it goes to quarantine
"""

import errno
import re

_LOOK_AT_IT = "see that it is there and that this user may read and write it"
_ADVICE = {
    **dict.fromkeys((errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR), _LOOK_AT_IT),
    errno.ENOSPC: "make room on that disk, then do it again",
}
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


class ReviewError(PipelineError):
    """What a reviewer asked for cannot be done."""

    def __init__(self, template: str, **values: object) -> None:
        """Keep template and values apart, so that a page can say it in the reader's language."""
        super().__init__(template.format(**values))
        self.template = template
        self.values = values


class SourceError(PipelineError):
    """A source cannot be read."""


class UserError(PipelineError):
    """A user of the console cannot be made or changed so."""


class RecordError(PipelineError):
    """One record cannot be read."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def with_advice(reason: str, error: OSError) -> str:
    """What is wrong, and what to do about it; most errors of the system concern no file and explain themselves."""
    return "; ".join(filter(None, (reason, _ADVICE.get(error.errno or 0))))
