"""Runs the measurements named on the command line, or all: `python -m bench [--quick] [NAME...]`."""

import sys
from importlib import import_module

from bench.figures import table
from bench.machine import describe

MEASUREMENTS = ("start", "receive", "log", "replay", "api", "changes", "latency", "cost")


def main() -> None:
    """Print the machine, then each measurement's figures as they come."""
    names = [word for word in sys.argv[1:] if word != "--quick"]
    for name in names:
        if name not in MEASUREMENTS:
            sys.exit(f"bench: expected --quick or some of {', '.join(MEASUREMENTS)}; came {name!r}")
    print(describe(), flush=True)
    for name in names or MEASUREMENTS:
        print(f"\n== {name}", flush=True)
        print(table(import_module(f"bench.{name}").measure(len(names) < len(sys.argv) - 1)), flush=True)


if __name__ == "__main__":
    main()
