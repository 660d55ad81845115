"""The learning curve of a training as a small picture."""

import math
from collections.abc import Sequence

CURVE = "curve.svg"
WIDTH, HEIGHT, MARGIN = 640, 300, 48


def curve(points: Sequence[tuple[int, float]]) -> str:
    """Loss over tokens seen, as SVG."""
    most = max((tokens for tokens, _ in points), default=1)
    low = math.floor(min((loss for _, loss in points), default=0.0))
    high = math.ceil(max((loss for _, loss in points), default=1.0)) + (not points)

    def at(tokens: float, loss: float) -> tuple[float, float]:
        x = MARGIN + (WIDTH - 2 * MARGIN) * tokens / most
        return round(x, 1), round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (loss - low) / max(1, high - low), 1)

    line = " ".join("{},{}".format(*at(*point)) for point in points)
    marks = []
    for loss in range(low, high + 1):
        x, y = at(0, loss)
        marks.append(f'<path d="M{x},{y}H{WIDTH - MARGIN}" stroke="#ddd"/><text x="{x - 20}" y="{y + 4}">{loss}</text>')
    for quarter in range(1, 5):
        x, y = at(most * quarter / 4, low)
        marks.append(f'<text x="{x}" y="{y + 18}" text-anchor="middle">{most * quarter / 4e6:.3g} M</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>\n'
        f'<text x="{MARGIN}" y="24">Loss on the hidden words, over tokens seen</text>\n'
        + "\n".join(marks)
        + f'\n<polyline points="{line}" fill="none" stroke="#1f5f8b" stroke-width="2"/>\n</svg>\n'
    )
