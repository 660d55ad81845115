"""Where bars and lines lie."""

import pytest

from pipeline.console.drawings import columns, factor_bars, line_points


def test_factors_that_weigh_the_same_are_as_long_to_either_side() -> None:
    double, none, half = factor_bars({"half": 0.5, "double": 2.0, "none": 1.0}, middle=100, reach=50, step=10)
    assert (double.name, double.x, double.y, double.width, double.raises) == ("double", 100, 0, 50, True)
    assert (none.width, none.y) == (0, 10)
    assert (half.name, half.x, half.width, half.raises) == ("half", 50, 50, False)


def test_a_factor_of_nothing_is_a_full_bar_to_the_left() -> None:
    [bar] = factor_bars({"probability": 0.0}, middle=100, reach=50, step=10)
    assert (bar.x, bar.width, bar.raises) == (50, 50, False)


@pytest.mark.parametrize(("xs", "ys", "points"), [
    ([10, 20, 30], [5, 15, 10], "0.0,40.0 50.0,0.0 100.0,20.0"),
    ([10], [7], "0.0,20.0 100.0,20.0"),
    ([10, 20], [7, 7], "0.0,20.0 100.0,20.0"),
    ([10, 10], [0, 1], "0.0,40.0 0.0,0.0"),
])  # fmt: skip
def test_a_line_fills_its_drawing(xs: list[float], ys: list[float], points: str) -> None:
    assert line_points(xs, ys, width=100, height=40) == points


def test_columns_stand_beside_each_other_with_their_parts() -> None:
    first, second = columns([4, 0], [1, 0], width=100, height=60)
    assert (first.x, second.x, first.width) == (0, 50, 40)
    assert (first.y, first.height, first.filled_y, first.filled_height) == (0, 60, 45, 15)
    assert (second.height, second.y) == (0, 60)
    assert columns([], [], width=100, height=60) == []
