"""One flag: what was posted, what WHO says, and what a person decides about it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from pipeline import review
from pipeline.console import given
from pipeline.console.flag_page import Draft, look
from pipeline.console.templates import render
from pipeline.console.visits import Lead, Reviewer, Viewer, Visit
from pipeline.decisions import Reason, SkipReason
from pipeline.errors import ReviewError
from pipeline.records import DecisionOutcome

router = APIRouter(prefix="/flags/{text}")
Field = Annotated[str, Form()]


@router.get("")
def show_flag(visit: Viewer, request: Request, text: str) -> Response:
    given.only(request, ())
    return page(visit, given.number(text, "flag"))


@router.post("/decide")
def decide(
    visit: Reviewer, text: str, verdict: Field = "", note: Field = "", seen: Field = "0", cluster: Field = "",
    queue: Field = "",
) -> Response:  # fmt: skip
    """Keep a decision, and with `cluster`, the number of open posts the page told of, apply it to these."""
    flag_id = given.number(text, "flag")
    word, _, why = verdict.partition("/")
    outcome = given.word_of("verdict", word, DecisionOutcome)
    reason = given.word_of("reason", why or Reason.UNSPECIFIED, Reason)
    last = given.number(seen, "decision")
    said = review.Verdict(flag_id=flag_id, outcome=outcome, reason=reason, note=note, seen=last)
    rules = visit.site.settings.review
    try:
        with visit.transaction() as connection:
            made = review.decide(connection, rules, visit.reviewer, said)
            if made and cluster:
                count = given.number(cluster, "post")
                review.apply_to_cluster(connection, rules, visit.reviewer, made.decision_id, count=count)
    except ReviewError as error:
        draft = Draft(
            problem=visit.speaker.tell(error.template, error.values), outcome=outcome, reason=reason, note=note
        )
        return page(visit, flag_id, draft=draft)
    return _onwards(flag_id, queue)


@router.post("/apply")
def apply(visit: Reviewer, text: str, decision: Field = "", count: Field = "") -> Response:
    """Apply a decision that stands to the open posts of the cluster, which the page told the number of."""
    flag_id, decision_id = given.number(text, "flag"), given.number(decision, "decision")
    told, rules = given.number(count, "post"), visit.site.settings.review
    with visit.transaction() as connection:
        review.apply_to_cluster(connection, rules, visit.reviewer, decision_id, count=told)
    return _onwards(flag_id, "")


@router.post("/undo")
def undo(visit: Reviewer, text: str, queue: Field = "") -> Response:
    flag_id = given.number(text, "flag")
    with visit.transaction() as connection:
        review.undo(connection, visit.site.settings.review, visit.reviewer, flag_id)
    return RedirectResponse("/queue" if queue else f"/flags/{flag_id}", HTTPStatus.SEE_OTHER)


@router.post("/skip")
def skip(visit: Reviewer, text: str, reason: Field = "") -> Response:
    flag_id = given.number(text, "flag")
    with visit.transaction() as connection:
        review.release(connection, visit.reviewer, flag_id, given.word_of("reason", reason, SkipReason))
    return RedirectResponse("/queue", HTTPStatus.SEE_OTHER)


@router.post("/reopen")
def reopen(visit: Lead, text: str, reason: Field = "", note: Field = "", seen: Field = "0") -> Response:
    flag_id, why = given.number(text, "flag"), given.word_of("reason", reason, Reason)
    try:
        with visit.transaction() as connection:
            review.reopen(connection, visit.reviewer, flag_id, why, note=note, seen=given.number(seen, "decision"))
    except ReviewError as error:
        return page(
            visit, flag_id, draft=Draft(problem=visit.speaker.tell(error.template, error.values), reason=why, note=note)
        )
    return _onwards(flag_id, "")


@router.post("/golden")
def add_golden(visit: Lead, text: str, outcome: Field = "", note: Field = "") -> Response:
    flag_id, right = given.number(text, "flag"), given.word_of("outcome", outcome, DecisionOutcome)
    with visit.transaction() as connection:
        review.add_golden(connection, visit.reviewer, flag_id, right, note)
    return _onwards(flag_id, "")


@router.post("/golden/retire")
def retire_golden(visit: Lead, text: str) -> Response:
    flag_id = given.number(text, "flag")
    with visit.transaction() as connection:
        review.retire_golden(connection, flag_id)
    return _onwards(flag_id, "")


def page(visit: Visit, flag_id: int, draft: Draft | None = None) -> Response:
    """The page of a flag; with a draft, what could not be kept stands in it again."""
    with visit.transaction() as connection:
        shown = look(visit, connection, flag_id, queue=False, draft=draft)
    return render(visit, "flag.html", shown, HTTPStatus.CONFLICT if draft else HTTPStatus.OK)


def _onwards(flag_id: int, queue: str) -> Response:
    """From the queue to its next flag, which tells of this one; else back to the flag."""
    return RedirectResponse(f"/queue?done={flag_id}" if queue else f"/flags/{flag_id}", HTTPStatus.SEE_OTHER)
