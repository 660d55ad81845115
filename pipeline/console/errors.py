"""What a page cannot do, said in the reader's language."""

from http import HTTPStatus

from pipeline.errors import PipelineError


class PageError(PipelineError):
    """A page cannot be shown, or a form not taken."""

    def __init__(self, template: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST, **values: object) -> None:
        """Keep template and values apart, as ReviewError does."""
        super().__init__(template.format(**values))
        self.template = template
        self.values = values
        self.status = status


class SignInNeededError(PipelineError):
    """Somebody who has not signed in wants a page that needs it."""
