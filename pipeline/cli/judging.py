"""Commands of the judge: assess texts, train, evaluate."""

import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from pipeline import display, jsonlines, settings, stance
from pipeline import judge as judging
from pipeline.cli.shared import fail_clearly, say, show
from pipeline.errors import PipelineError, RecordError
from pipeline.settings import PROJECT
from pipeline.site import Site

ASSESS_BATCH = 256
SHOWN = 120
EXPLAINED = ("position", "nearest wording", "refutes", "supports", "lead", "shape", "evidence")
app = typer.Typer()


@app.command()
@fail_clearly
def assess() -> int:
    """Judge texts without a database: JSON lines {"id", "text"} on standard input, one line each on standard output."""
    lines = enumerate(_standard_input(), 1)
    judge = Site(settings.load()).judge
    status = 0
    while batch := list(islice(lines, ASSESS_BATCH)):
        texts: list[tuple[object, str]] = []
        for number, line in batch:
            try:
                texts.append(jsonlines.read_text(number, line))
            except RecordError as error:
                say(f"kolwatch: {error.detail}")
                status = 1
        for (text_id, _), found in zip(texts, judge.assess([text for _, text in texts]), strict=True):
            print(jsonlines.written(judging.to_line(text_id, found)))
        sys.stdout.flush()
    return status


@app.command()
@fail_clearly
def explain(text: Annotated[str, typer.Argument(help="The text of a post; `-` reads it from standard input.")]) -> None:
    """Show for one text what each step saw: the windows judged, the nearest positions and wordings, and why."""
    if text == "-":
        text = _standard_input().read().decode(errors="replace")
    folded, judged, found = Site(settings.load()).judge.explain(text)
    print(f"read as: {display.printable(folded.text[:SHOWN])}")
    print(f"{found.band} with probability {found.probability}, {found.expression}, {found.severity or 'no severity'}")
    if not judged:
        print("nothing in it is about health and worth checking, so nothing was compared with a position")
    for window in judged:
        says = stance.summary(window)
        shown = folded.text[window.window.start : window.window.end]
        show(display.table(f"“{display.shortened(shown, SHOWN)}” {says.expression}", EXPLAINED, says.rows))


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise PipelineError("standard input is closed; pipe what is to be judged into it, or give a file with <")
    return sys.stdin.buffer


@app.command()
@fail_clearly
def train(
    out: Annotated[Path, typer.Option(file_okay=False, help="The model folder to write.")] = (
        PROJECT / "models" / "judge"
    ),
    gold: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Labelled texts to measure on, for the card.")
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="Read texts by models/…, another folder, or a name of the hub, not by a small one begun from words. "
            "With 4 layers, 256 wide, 42,000 texts take 46 minutes of one processor, with the small one 25."
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1)] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    share: Annotated[float | None, typer.Option(min=0.01, max=1, help="Know only this share of the texts.")] = None,
) -> None:
    """Train the judge from guidance/ (half an hour and more), calibrate it and write its card."""
    from pipeline.training import entry
    from pipeline.training.evaluate import read_gold

    chosen = {"encoder": encoder, "epochs": epochs, "seed": seed, "share": share}
    given: dict[str, Any] = {key: value for key, value in chosen.items() if value is not None}
    if gold is not None:
        read_gold(gold)
    entry.train(PROJECT, out, say, gold=gold, **given)


@app.command()
@fail_clearly
def vectors(
    text: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Plain text, one post a line; .xz and .gz too.")
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="The folder to write.")] = PROJECT / "models" / "words-zh",
) -> None:
    """Train word vectors on unlabelled text; `kolwatch train` and `kolwatch pretrain` begin from models/words-zh."""
    from pipeline.training.vectors import train_vectors

    train_vectors(PROJECT, text, out, say)


@app.command()
@fail_clearly
def pretrain(
    out: Annotated[
        Path, typer.Option(file_okay=False, help="The folder to write, such as models/encoder-zh-2026-11-25.")
    ],
    text: Annotated[Path | None, typer.Option(help="Plain text, one post a line; .xz and .gz too.")] = None,
    recipe: Annotated[str, typer.Option(help="cpu, gpu or tiny.")] = "cpu",
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    minutes: Annotated[float | None, typer.Option(min=0, help="At most so long now; the next call goes on.")] = None,
    budget: Annotated[float | None, typer.Option(min=0, help="All calls together take so many minutes.")] = None,
    tokens: Annotated[int | None, typer.Option(min=1, help="All calls together see so many tokens.")] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    prepare: Annotated[bool, typer.Option("--prepare", help="Only write the tokens, for another machine.")] = False,
) -> None:
    """Pretrain an encoder on unlabelled text, in one call or several: docs/pretraining.md."""
    from pipeline.training import corpus_text, masked_words
    from pipeline.training.pretrain import pretrain as train_on
    from pipeline.training.probe import measure

    if out.name in ("", ".."):
        raise typer.BadParameter(f"--out {out} has no name of its own; name a folder such as models/encoder-zh")
    run = settings.load().home / "pretraining" / out.name
    chosen = masked_words.recipe(recipe, minutes=budget, tokens=tokens, seed=seed)
    corpus_text.ensure(PROJECT, text, run, chosen.entries, say)
    limits = {"minutes": minutes} if minutes is not None else {}
    if not prepare and train_on(run, out, chosen, say, device=device, threads=threads, **limits):
        measure(PROJECT, str(out.resolve()), say)


@app.command()
@fail_clearly
def probe(
    name: Annotated[str, typer.Argument(help="models/…, another folder, or a name of the hub.")],
) -> None:
    """Measure an encoder on the pairs of guidance/probes/; one of ours gets its card anew."""
    from pipeline.training.probe import measure

    measure(PROJECT, name, say)


@app.command(name="eval")
@fail_clearly
def evaluate(
    gold: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Labelled texts, as JSON lines.")],
) -> None:
    """Measure the judge on labelled texts."""
    from pipeline.training.evaluate import evaluate as measure

    for name, value in measure(Site(settings.load()).judge, gold).items():
        print(f"{name:32} {value:g}")
