"""Runs the measurements named on the command line, or all: `python -m bench [NAME...]`."""

import pkgutil
import sys
from importlib import import_module

import bench
from bench.figures import table


def main() -> None:
    """Print each measurement's figures as they come."""
    names = [module.name for module in pkgutil.iter_modules(bench.__path__)]
    measurements = [name for name in names if name not in ("__main__", "figures")]
    for name in sys.argv[1:] or measurements:
        if name not in measurements:
            sys.exit(f"bench: expected one of {', '.join(measurements)}; came {name!r}")
        print(f"== {name}", flush=True)
        print(table(import_module(f"bench.{name}").measure()), flush=True)


if __name__ == "__main__":
    main()
