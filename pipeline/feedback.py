"""What people decided, as the judge can learn from it: texts without their authors, and new wordings for guidance/.

Nothing of it enters guidance/ by itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from pipeline import corpus, db
from pipeline.decisions import Reason
from pipeline.records import Expression, Guidance, Stance

SHORTEST, LONGEST = 6, 200
"""Characters of a wording that is proposed."""
PEOPLE = re.compile(
    r"https?://\S+|www\.\S+|[@＠][^\s@＠,，。:：;；!！?？]{1,30}|[\w.+-]+@[\w-]+(\.[\w-]+)+|\+?\d(?:[ -]?\d){6,}"
)
"""What may lead to somebody: addresses, names that are called, long numbers."""
HIDDEN = "…"
STANCES = {Reason.SAYS_THE_SAME: Stance.SUPPORTS, Reason.OTHER_CLAIM: Stance.NOT_ENOUGH_INFO}
EXPRESSIONS = {
    Reason.REFUTES_IT: Expression.DEBUNKS,
    Reason.JOKE_OR_QUIZ: Expression.SATIRE,
    Reason.OWN_EXPERIENCE: Expression.PERSONAL,
}


@dataclass(frozen=True, slots=True)
class Wording:
    """A confirmed claim that guidance/ has nothing like."""

    guidance_id: str
    text: str
    expression: Expression


def without_people(text: str) -> str:
    """A text without what may lead to somebody."""
    return PEOPLE.sub(HIDDEN, text)


def decided_texts(connection: db.Connection, since: date) -> Iterator[dict[str, Any]]:
    """Lines as `kolwatch eval` reads them; to be read within the transaction."""
    for row in db.stream(connection, "feedback.decided_texts", since=since):
        yield _labelled(row)


def _labelled(row: Mapping[str, Any]) -> dict[str, Any]:
    is_flag = bool(row["confirmed"])
    reasons = [Reason(reason) for reason in row["reasons"]]
    stances = [STANCES[reason] for reason in reasons if reason in STANCES]
    expressions = [EXPRESSIONS[reason] for reason in reasons if reason in EXPRESSIONS]
    return {
        "id": f"flag-{row['flag_id']}",
        "text": without_people(row["text"]),
        "flag": is_flag,
        "kind": "post",
        "guidance_ids": row["confirmed"] if is_flag else row["mistaken"],
        "harm": int(row["severity"][1:]) if is_flag else 0,
        "stance": Stance.REFUTES if is_flag else stances[0] if len(stances) == 1 else "",
        "expression": Expression.ASSERTS if is_flag else expressions[0] if len(expressions) == 1 else "",
        "judge_version": row["judge_version"],
        "probability": round(row["probability"], 3),
        "day": row["day"].isoformat(),
    }


def new_wordings(connection: db.Connection, known: Guidance, since: date) -> list[Wording]:
    """The confirmed claims that are unlike each other and unlike every text of guidance/."""
    rows = db.run(connection, "feedback.confirmed_claims", since=since, longest=LONGEST).fetchall()
    found = [_wording(row) for row in rows if row["guidance_id"] in known.in_force]
    fit = [w for w in found if len(w.text) >= SHORTEST and HIDDEN not in w.text]
    return _unlike(fit, [text.text for text in known.texts])


def _wording(row: Mapping[str, Any]) -> Wording:
    text = " ".join(without_people(row["claim"]).split())
    return Wording(row["guidance_id"], text, Expression(row["expression"] or Expression.ASSERTS))


def _unlike(found: Sequence[Wording], texts: Sequence[str]) -> list[Wording]:
    """Each is compared with the texts and with those that stand before it."""
    if not found:
        return []
    matrix = corpus.bigrams([*texts, *(wording.text for wording in found)])
    rows, kept = matrix[len(texts) :], []
    is_repeat = np.zeros(len(found), bool)
    for start, alike in corpus.jaccard(rows, matrix):
        for n in range(alike.shape[0]):
            number = start + n
            columns = alike.indices[alike.indptr[n] : alike.indptr[n + 1]]
            near = columns[alike.data[alike.indptr[n] : alike.indptr[n + 1]] > corpus.MAX_LIKENESS] - len(texts)
            is_repeat[number] = bool(((near < 0) | ((near < number) & ~is_repeat[np.maximum(near, 0)])).any())
            if not is_repeat[number]:
                kept.append(found[number])
    return kept


def review_file(wordings: Sequence[Wording]) -> Mapping[str, Any]:
    """The wordings by position, in groups as guidance/ has them, for a person to choose from."""
    groups: dict[str, dict[Expression, list[str]]] = {}
    for wording in wordings:
        groups.setdefault(wording.guidance_id, {}).setdefault(wording.expression, []).append(wording.text)
    return {
        guidance_id: [
            {"stance": Stance.REFUTES.value, "expression": expression.value, "form": "post", "say": texts}
            for expression, texts in expressions.items()
        ]
        for guidance_id, expressions in groups.items()
    }
