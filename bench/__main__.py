"""Runs the measurements that are named, or all; prints their figures, and how these stand to what is wanted."""

import argparse
from collections.abc import Sequence
from importlib import import_module

from bench.figures import Figure, goals, table
from bench.hello import hello_ms, slowness
from bench.machine import describe

MEASUREMENTS = ("start", "receive", "log", "replay", "growth", "api", "changes", "latency", "cost")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the machine, then each measurement's figures as they come, then the goals."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(MEASUREMENTS)}")
    parser.add_argument("--quick", action="store_true", help="little mail and few rounds, within five minutes")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in MEASUREMENTS]:
        parser.error(f"expected some of {', '.join(MEASUREMENTS)}; came {unknown[0]!r}")
    print(describe(), flush=True)
    print(f"Falcon's hello: {hello_ms():.3f} ms of CPU, {slowness():.1f} times what it took where the goals were set")
    figures: list[Figure] = []
    for name in options.names or MEASUREMENTS:
        print(f"\n== {name}", flush=True)
        measured = list(import_module(f"bench.{name}").measure(options.quick))
        print(table(measured), flush=True)
        figures += measured
    if wanted := goals(figures, slowness()):
        print(f"\n== goals\n{wanted}", flush=True)


if __name__ == "__main__":
    main()
