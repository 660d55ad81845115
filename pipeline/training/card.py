"""The cards of trained models: what they are, what they learnt from, how well they do."""

from collections.abc import Mapping

from pipeline.artefacts.readers import Reader
from pipeline.training.train import TrainSettings

WORDS = """# {name}

Vectors of {width} numbers for {words:,} Chinese words and characters, as 16-bit floats. They say which words occur in
the same surroundings; they know nothing of health. `kolwatch train` begins from those in models/words-zh.

- **Method**: skip-gram with negative sampling (gensim), words cut by jieba's dictionary with the terms of
  guidance/lexicon/; `kolwatch vectors` is the whole of it. With two workers gensim does not repeat a training bit by
  bit; the seed and the hash of the text are in manifest.json.
- **Text**: {text}, {read:,} words read. Who passes the folder on says here where it comes from and what its licence is.
- **Limits**: like all such vectors they repeat the associations of what people wrote.
"""
JUDGE = """# {name}

Judges whether a Chinese text asserts what a position of the World Health Organization refutes. People decide; it
only says where they should look.

- **Method**: a text's windows are compared with the known wordings of every position (character n-grams, frames with
  foods, remedies and diseases made alike, word vectors, word-by-word alignment); a transformer encoder ({encoder})
  reads the window and the nearest wordings of the {candidates} nearest positions, aligns them word by word and says
  for each pair whether the position refutes, supports or does not speak to the text; a second output says what the
  author does with the claim (asserts, debunks, asks, …). Their evidence, the likeness and the shape of a remedy claim
  are added up with fixed weights; a logistic curve makes a probability of it.
- **Data**: {texts} texts of guidance/, all written for this project, and the vectors of models/words-zh, whose card
  names their source.{begun} No labelled third-party text was trained or calibrated on. But the weights
  of the sum and the words of the shape were chosen by reading labelled real texts again and again (docs/judge-log.md),
  so the figures on "dev" are those of a text it was fitted to by hand; only texts never looked at can tell.
- **Training**: `kolwatch train`, seed {seed}, {epochs} epochs; manifest.json holds the hash of the data, of every
  file, the thresholds and the versions.

## Measured

{tables}

"held out" are texts of guidance/ kept out of training: near misses, debunks and true statements beside the myths, so
they are harder than what arrives, and two in five are to be flagged. Labelled real texts, where given, were not used
for training, thresholds or calibration. A nearest typical myth by character TF-IDF reaches an average precision of
0.41 on "dev" (1,010 real claims and posts, 598 debunks, 1,200 ordinary posts).

The threshold is that of best F1 at a precision of at least 0.85 on held-out texts mixed one in eight; where that
would catch less than three in ten, as now, that of best F0.5.

## Limits

**It flags true advice**: see "supports flagged". Sentences such as one that recommends a vaccine against its own
disease are often flagged, because they have the words of the myths and hardly differ from them for this network.
{plainly} The goals of the project are an
average precision of {goal}, and {goal} of its flags right.

It knows the positions of guidance/ and the kinds of wordings written there. It reads at most 40 windows of 128
characters of a text, no images, no speech. It fails on claims that need knowledge to be recognised as the same, on
irony, and on what only the end of a long text takes back. It must not decide anything by itself.
"""


BEGUN = " The encoder was begun from `{encoder}`, whose own card names its text and licence."
GOAL = 0.85


def card(
    name: str, texts: int, reader: Reader, settings: TrainSettings, measured: Mapping[str, Mapping[str, float]]
) -> str:
    """The README.md of a judge's folder."""
    names = list(dict.fromkeys(measure for values in measured.values() for measure in values))
    rows = [f"| measure | {' | '.join(measured)} |", "|---" * (len(measured) + 1) + "|"]
    for measure in names:
        cells = (f"{values[measure]:g}" if measure in values else "" for values in measured.values())
        rows.append(f"| {measure.replace('_', ' ')} | {' | '.join(cells)} |")
    kind, config = type(reader.encoder).__name__, reader.encoder.config
    return JUDGE.format(
        name=name,
        texts=texts,
        encoder=f"transformers `{kind}`, layers {config.num_hidden_layers}, width {config.hidden_size}",
        begun=BEGUN.format(encoder=reader.name) if reader.name else "",
        seed=settings.seed,
        epochs=settings.epochs,
        candidates=settings.candidates,
        tables="\n".join(rows),
        plainly=_plainly(*list(measured.items())[-1]),
        goal=GOAL,
    )


def _plainly(texts: str, values: Mapping[str, float]) -> str:
    """What the figures mean, in a sentence."""
    return (
        f'Of the texts "{texts}" that are to be flagged it misses {1 - values["recall"]:.0%},\n'
        f"and of what it flags {1 - values['precision']:.0%} is wrong."
    )
