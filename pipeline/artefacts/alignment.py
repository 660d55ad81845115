"""Word-by-word likeness of texts and wordings: does the text say each thing that the wording says?

Each word of one side is matched with the most similar word of the other (as in BERTScore, Zhang et al. 2020,
https://arxiv.org/abs/1904.09675, over static vectors); rare words weigh more. Unlike the likeness of means it is
not diluted when a long text says one thing among others.
"""

import torch
from torch import Tensor

ALIGNMENTS = 3
"""Numbers per (text, wording): how well the wording's words are matched, how many well, and how well the text's."""
GOOD_MATCH = 0.6


def align(text: tuple[Tensor, Tensor, Tensor], wordings: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Each text with its k wordings → [texts, k, ALIGNMENTS].

    Both are (unit vectors, weights, mask): of texts [texts, tokens, …], of wordings [texts, k, tokens, …].
    """
    (own, own_weight, own_mask), (other, other_weight, other_mask) = text, wordings
    texts, k, tokens, width = other.shape
    likeness = own @ other.reshape(texts, k * tokens, width).transpose(1, 2)
    likeness = likeness.view(texts, own.shape[1], k, tokens).clamp_min(0.0)
    likeness = likeness * own_mask[:, :, None, None] * other_mask[:, None]
    said = likeness.amax(1)
    weight = other_weight * other_mask
    total = weight.sum(-1).clamp_min(1e-6)
    answered = likeness.amax(3).transpose(1, 2)
    own_total = (own_weight * own_mask).sum(-1).clamp_min(1e-6)[:, None]
    return torch.stack(
        [
            (said * weight).sum(-1) / total,
            ((said > GOOD_MATCH) * weight).sum(-1) / total,
            (answered * (own_weight * own_mask)[:, None]).sum(-1) / own_total,
        ],
        dim=-1,
    )
