"""Words to numbers: frequent words are one token each, other words fall apart into their characters."""

from collections.abc import Callable, Iterable, Sequence

PAD, UNKNOWN, CLS, SEP, MASK = range(5)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
Cut = Callable[[str], Sequence[str]]


class WordTokeniser:
    """A vocabulary over jieba words and characters.

    `cut` is the segmenter's; the same one must be used in training and in use.
    """

    def __init__(self, vocabulary: Sequence[str], cut: Cut) -> None:
        self.vocabulary = tuple(vocabulary)
        self._ids = {word: i for i, word in enumerate(self.vocabulary)}
        self._cut = cut

    def __len__(self) -> int:
        return len(self.vocabulary)

    def encode(self, text: str, max_tokens: int) -> list[int]:
        """Token ids of a normalised text, beginning with [CLS], at most `max_tokens`."""
        ids = [CLS]
        for word in self._cut(text):
            if word.isspace():
                continue
            ids.extend(self._word(word))
            if len(ids) >= max_tokens:
                break
        return ids[:max_tokens]

    def _word(self, word: str) -> Iterable[int]:
        known = self._ids.get(word)
        if known is not None:
            return (known,)
        return (self._ids.get(character, UNKNOWN) for character in word)
