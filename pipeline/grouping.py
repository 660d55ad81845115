"""Places the claims of new flags into clusters. What is placed stays: ids are stable, and people's changes stand."""

from collections.abc import Sequence

from pipeline import db
from pipeline.cluster import VERSION, Clusters, Said, place
from pipeline.site import Site

SUBJECTS = frozenset(
    ("remedy", "disease", "drug", "exposure", "procedure", "symptom", "nutrition", "epidemic", "vaccine")
)
"""The kinds of terms that say what a claim is about."""
LONGEST = 2000
REMEMBERED = 20_000
"""So many claims, the last placed ones, are compared with."""


def read_claims(site: Site, claims: Sequence[str]) -> list[Said]:
    """Claims as they are compared."""
    folded = [site.tools.fold(claim[:LONGEST]).text for claim in claims]
    known = site.lexicon.terms
    terms = [frozenset(t for t in site.tools.terms_in(text) if known[t].tag in SUBJECTS) for text in folded]
    return [Said(*found) for found in zip(folded, terms, site.meanings(folded), strict=True)]


def cluster_claims(site: Site, connection: db.Connection) -> int:
    """Place every flagged claim that is in no cluster; returns how many there were."""
    db.run(connection, "grouping.lock_grouping")
    new = db.run(connection, "grouping.claims_to_place").fetchall()
    if not new:
        return 0
    clusters = Clusters()
    known = db.run(connection, "grouping.placed_claims", limit=REMEMBERED).fetchall()
    for said, row in zip(read_claims(site, [row["text"] for row in known]), known, strict=True):
        clusters.add(said, row["cluster_id"])
    said_now = read_claims(site, [row["text"] for row in new])
    fresh = [row["cluster_id"] for row in db.run(connection, "grouping.reserve", count=len(new))]
    ids = place(said_now, clusters, fresh)
    db.run(connection, "grouping.make_clusters", cluster_ids=sorted(set(ids) & set(fresh)))
    members = [
        {**row, "cluster_id": cluster_id, "placed_by": VERSION} for row, cluster_id in zip(new, ids, strict=True)
    ]
    db.run_many(connection, "grouping.place", members)
    return len(new)
