"""Draws what mails and answers cost as a list grows: `python -m bench.plot [--quick] FILE.svg`."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib

from bench.figures import table
from bench.growing import Stage, grown
from bench.growth import measure
from bench.machine import describe

matplotlib.use("svg")
matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "patchlog", "font.size": 9}

from matplotlib import pyplot  # noqa: E402  # it looks at the settings above

PANELS: Sequence[tuple[str, str, Callable[[Stage], float]]] = (
    ("import", "mails", lambda stage: stage.import_ms),
    ("fold", "mails", lambda stage: stage.fold_ms),
    ("20 series of a project", "answers", lambda stage: stage.list_ms),
    ("the last 19 events", "answers", lambda stage: stage.feed_ms),
)
"""What is drawn: its name, what is counted, and the milliseconds of CPU that one takes."""


def draw(stages: Sequence[Stage], path: Path) -> None:
    """Write an SVG: for each panel, how many a second of CPU does, against the mails that there are."""
    figure, axes = pyplot.subplots(1, len(PANELS), figsize=(3 * len(PANELS), 2.6), constrained_layout=True)
    sizes = [stage.mails for stage in stages]
    for axis, (name, counted, cost) in zip(axes, PANELS, strict=True):
        axis.plot(sizes, [1000 / cost(stage) for stage in stages], marker="o", markersize=3)
        axis.set_title(name)
        axis.set_xlabel("mails")
        axis.set_ylabel(f"{counted} a second of CPU")
        axis.set_xlim(left=0)
        axis.set_ylim(bottom=0)
        axis.xaxis.set_major_formatter(lambda size, _: f"{size:,.0f}")
        axis.locator_params(axis="x", nbins=4)
        axis.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measure, draw, and print what was drawn."""
    parser = argparse.ArgumentParser(prog="python -m bench.plot", description=__doc__)
    parser.add_argument("path", type=Path, metavar="FILE.svg")
    parser.add_argument("--quick", action="store_true", help="a list of 10,000 mails, not of 200,000")
    options = parser.parse_args()
    print(describe(), flush=True)
    draw(grown(options.quick).stages, options.path)
    print(table(measure(options.quick)))


if __name__ == "__main__":
    main()
