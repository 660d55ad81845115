"""How well claims are clustered: 300 groups of three wordings, all 900 in one heap.

python -m bench.cluster_claims
"""

import json
from collections import Counter
from itertools import combinations
from time import perf_counter

from pipeline.cluster import Clusters, place
from pipeline.grouping import read_claims
from pipeline.settings import PROJECT, Settings
from pipeline.site import Site


def measure(site: Site, groups: list[list[str]]) -> tuple[float, float, float]:
    """(pairwise precision, pairwise recall, recall of near repeats alone)."""
    claims = [(text, number) for number, group in enumerate(groups) for text in group]
    ids = place(read_claims(site, [text for text, _ in claims]), Clusters(), range(len(claims)))
    together = [(a, b) for a, b in combinations(range(len(claims)), 2) if ids[a] == ids[b]]
    right = sum(claims[a][1] == claims[b][1] for a, b in together)
    of_groups = sum(n * (n - 1) // 2 for n in Counter(number for _, number in claims).values())
    repeats = sum(ids[3 * n] == ids[3 * n + 1] for n in range(len(groups)))
    return right / max(1, len(together)), right / of_groups, repeats / len(groups)


def groups() -> list[list[str]]:
    lines = (PROJECT / "bench" / "paraphrases.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


if __name__ == "__main__":
    site = Site(Settings())
    read_claims(site, ["大蒜水"])
    start = perf_counter()
    precision, recall, repeats = measure(site, groups())
    print(f"pairwise precision {precision:.3f}, recall {recall:.3f}; near repeats found {repeats:.3f}")
    print(f"{900 / (perf_counter() - start):.0f} claims a second")
