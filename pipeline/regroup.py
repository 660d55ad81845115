"""Writes what people change of claim clusters: merges, splits, and the undoing of either.

Every change is an entry of a log that only grows, with the claims it moved. What a person moved, the machine leaves
where it is. Every function writes inside the caller's transaction, and locks the clusters in the order of their ids.
"""

from collections.abc import Sequence
from typing import Any

from pipeline import db
from pipeline.decisions import ClusterChange, User
from pipeline.errors import ReviewError
from pipeline.normalise import UNWRITABLE

LONGEST_NOTE = 2000
Claim = tuple[bytes, int, int]
"""Content hash, start and end: the key of a claim."""


def merge(connection: db.Connection, lead: User, cluster_id: int, into: int, note: str = "") -> int:
    """Move all claims of a cluster into another one, whose id stays; returns the change."""
    if cluster_id == into:
        raise ReviewError("cluster {cluster} cannot be merged into itself", cluster=cluster_id)
    _lock(connection, cluster_id, into)
    claims = db.one(connection, "regroup.count_claims", cluster_id=cluster_id)
    change = _log(connection, lead, ClusterChange.MERGE, cluster_id, into, claims=claims, note=note)
    db.run(connection, "regroup.note_all", change_id=change, cluster_id=cluster_id)
    _move(connection, lead, change, into)
    db.run(connection, "regroup.set_merged", cluster_id=cluster_id, into=into)
    return change


def split(connection: db.Connection, lead: User, cluster_id: int, claims: Sequence[Claim], note: str = "") -> int:
    """Move some claims of a cluster into a new one; returns the change."""
    _lock(connection, cluster_id)
    chosen = sorted(set(claims))
    of_cluster = db.one(connection, "regroup.count_claims", cluster_id=cluster_id)
    if not chosen or len(chosen) >= of_cluster:
        raise ReviewError("choose some of the {count} wordings of cluster {cluster}, not all",
                          count=of_cluster, cluster=cluster_id)  # fmt: skip
    into = db.one(connection, "regroup.new_cluster")
    change = _log(connection, lead, ClusterChange.SPLIT, cluster_id, into, claims=len(chosen), note=note)
    hashes, starts, ends = (list(column) for column in zip(*chosen, strict=True))
    wanted = {"change_id": change, "cluster_id": cluster_id, "content_hashes": hashes, "starts": starts, "ends": ends}
    if db.run(connection, "regroup.note_some", **wanted).rowcount != len(chosen):
        raise ReviewError(
            "some of the chosen wordings are in cluster {cluster} no more; look again", cluster=cluster_id
        )
    _move(connection, lead, change, into)
    return change


def undo(connection: db.Connection, lead: User, change_id: int) -> int:
    """Take the claims of a change back to where they were; returns the new change.

    What came to the clusters since stays where it came to. Raises ReviewError where a later change has to be undone
    first.
    """
    row = _change(connection, change_id)
    _lock(connection, row["from_cluster"], row["into_cluster"], may_be_merged=True)
    row = _change(connection, change_id)
    if row["is_undone"] or row["undoes"]:
        raise ReviewError("change {change} is undone already, or undoes another one", change=change_id)
    values = {"change_id": change_id, "from_cluster": row["from_cluster"]}
    if later := db.one(connection, "regroup.later_change", **values):
        raise ReviewError("change {later} came after change {change}; undo it first", later=later, change=change_id)
    was_merge = row["kind"] == ClusterChange.MERGE
    kind = ClusterChange.SPLIT if was_merge else ClusterChange.MERGE
    way = row["into_cluster"], row["from_cluster"]
    change = _log(connection, lead, kind, *way, claims=row["claims"], undoes=change_id)
    db.run(connection, "regroup.note_undone", change_id=change, undoes=change_id)
    _move(connection, lead, change, row["from_cluster"])
    db.run(connection, "regroup.set_merged", cluster_id=row["from_cluster"], into=None)
    if not was_merge and not db.one(connection, "regroup.count_claims", cluster_id=row["into_cluster"]):
        db.run(connection, "regroup.set_merged", cluster_id=row["into_cluster"], into=row["from_cluster"])
    return change


def _change(connection: db.Connection, change_id: int) -> dict[str, Any]:
    row = db.run(connection, "regroup.change", change_id=change_id).fetchone()
    if row is None:
        raise ReviewError("there is no change {change} of clusters", change=change_id)
    return row


def _lock(connection: db.Connection, *cluster_ids: int, may_be_merged: bool = False) -> None:
    """Raises ReviewError for a cluster that is not there, or was merged into another one."""
    found = {r["cluster_id"]: r for r in db.run(connection, "regroup.lock_clusters", cluster_ids=list(cluster_ids))}
    for cluster_id in cluster_ids:
        if cluster_id not in found:
            raise ReviewError("there is no cluster {cluster}", cluster=cluster_id)
        into = found[cluster_id]["merged_into"]
        if into and not may_be_merged:
            raise ReviewError("cluster {cluster} was merged into {into}", cluster=cluster_id, into=into)


def _log(
    connection: db.Connection,
    lead: User,
    kind: ClusterChange,
    cluster_id: int,
    into: int,
    *,
    claims: int,
    note: str = "",
    undoes: int | None = None,
) -> int:
    if len(note) > LONGEST_NOTE:
        raise ReviewError("the note has {length} characters; {most} are kept", length=len(note), most=LONGEST_NOTE)
    values: dict[str, object] = {"kind": kind.value, "from_cluster": cluster_id, "into_cluster": into, "claims": claims}
    values |= {"changed_by": lead.name, "note": UNWRITABLE.sub("\ufffd", note), "undoes": undoes}
    change: int = db.one(connection, "regroup.insert_change", **values)
    return change


def _move(connection: db.Connection, lead: User, change_id: int, into: int) -> None:
    db.run(connection, "regroup.move", change_id=change_id, cluster_id=into, changed_by=lead.name)
