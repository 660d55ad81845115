"""The network that judges (text, wording) pairs.

A transformer encoder reads the text and the known wordings of a position once each. A pair is then judged from a
soft alignment of their token states, each token compared with its counterpart on the other side (decomposable
attention, Parikh et al. 2016, https://arxiv.org/abs/1606.01933, over contextual states as in ESIM, Chen et al. 2017,
https://arxiv.org/abs/1609.06038). Encoding once and aligning often is what makes many positions cheap, and with
little training text an explicit alignment learns to compare where a cross-encoder learns the texts by heart.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from pipeline.artefacts.alignment import ALIGNMENTS
from pipeline.artefacts.readers import Reader
from pipeline.artefacts.wording_states import States
from pipeline.records import Expression, Stance
from pipeline.retrieve import FEATURES
from pipeline.stance import CUES

STANCES = len(Stance)
PAIR_FEATURES = FEATURES + 2 * ALIGNMENTS
EXPRESSIONS = len(Expression)


class PairModel(nn.Module):
    """Encoder, pair head (stance) and text head (expression)."""

    def __init__(self, reader: Reader, width: int = 64) -> None:
        super().__init__()
        self.encoder = reader.encoder
        self._read = reader.states
        hidden = self.encoder.config.hidden_size
        self.hidden, self.width = hidden, width
        self.mix = nn.Parameter(torch.zeros(1))
        self.project = nn.Sequential(nn.Dropout(0.1), nn.Linear(hidden, width))
        self.compare = nn.Sequential(nn.Linear(4 * width, width), nn.GELU(), nn.Dropout(0.1))
        self.stance = nn.Sequential(
            nn.Linear(8 * width + PAIR_FEATURES, width), nn.GELU(), nn.Dropout(0.2), nn.Linear(width, STANCES)
        )
        self.expression = nn.Sequential(
            nn.Linear(2 * hidden + CUES, width), nn.GELU(), nn.Dropout(0.3), nn.Linear(width, EXPRESSIONS)
        )

    def heads(self) -> dict[str, Tensor]:
        """All weights but the encoder's, by name."""
        return {name: value for name, value in self.state_dict().items() if not name.startswith("encoder.")}

    def load_heads(self, heads: Mapping[str, Tensor]) -> None:
        """Raises RuntimeError where they are not of this shape, too few or too many."""
        encoder = {f"encoder.{name}": value for name, value in self.encoder.state_dict().items()}
        self.load_state_dict({**encoder, **heads})

    def encode(self, ids: Tensor, mask: Tensor) -> States:
        """ids, mask [batch, tokens] → states; what the encoder began with is added, so that words stay in reach."""
        words, out = self._read(ids, mask)
        gate = torch.sigmoid(self.mix)
        return States(gate * out + (1 - gate) * words, mask)

    def projected(self, states: States) -> States:
        """The states in the narrow space in which they are compared."""
        return States(self.project(states.hidden), states.mask)

    def judge_pairs(self, text: States, wordings: States, others: States, features: Tensor) -> Tensor:
        """Stance logits [pairs, 3] of texts against the nearest refuted and the nearest harmless wording of a position.

        `text`, `wordings` and `others` are projected and have one row a pair; `features` is [pairs, PAIR_FEATURES].
        """
        parts = [self._compare(text, wordings), self._compare(text, others), features]
        logits: Tensor = self.stance(torch.cat(parts, dim=-1))
        return logits

    def judge_expression(self, text: States, cues: Tensor) -> Tensor:
        """Expression logits [texts, 8]; `cues` is [texts, CUES]."""
        logits: Tensor = self.expression(torch.cat([_mean(text), _max(text), cues], dim=-1))
        return logits

    def _compare(self, a: States, b: States) -> Tensor:
        """Aligned comparison of two batches of states → [pairs, 4 * width]."""
        hidden_a, hidden_b = a.hidden, b.hidden
        scores = hidden_a @ hidden_b.transpose(1, 2) / hidden_a.shape[-1] ** 0.5
        blocked = torch.finfo(scores.dtype).min
        to_b = scores.masked_fill(b.mask[:, None, :] == 0, blocked).softmax(-1) @ hidden_b
        to_a = scores.masked_fill(a.mask[:, :, None] == 0, blocked).softmax(1).transpose(1, 2) @ hidden_a
        left = States(self.compare(_contrast(hidden_a, to_b)), a.mask)
        right = States(self.compare(_contrast(hidden_b, to_a)), b.mask)
        return torch.cat([_mean(left), _max(left), _mean(right), _max(right)], dim=-1)


def _contrast(own: Tensor, other: Tensor) -> Tensor:
    return torch.cat([own, other, own - other, own * other], dim=-1)


def _mean(states: States) -> Tensor:
    mask = states.mask[..., None].to(states.hidden.dtype)
    return (states.hidden * mask).sum(1) / mask.sum(1).clamp_min(1)


def _max(states: States) -> Tensor:
    blocked = torch.finfo(states.hidden.dtype).min
    return states.hidden.masked_fill(states.mask[..., None] == 0, blocked).amax(1)
