"""Mutation testing of the pure rooms: of faults put into them one at a time, how many do their table tests notice?

`python -m bench.mutants` takes 400 mutants at random, always the same; `python -m bench.mutants COUNT SEED` another
number, or others. It tests what is committed, in a copy, and ends with 1 where fewer than LEAST_PERCENT are noticed.
"""

import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import chdir
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("ingest/message", "projector/assembly")
COUNT, SEED = 400, 2026
LEAST_PERCENT = 85.0
NOTICED = frozenset({"killed", "timeout", "segfault"})

_SETTINGS = """\
[mutmut]
source_paths =
    schemas
    ingest
    projector
also_copy =
    api
    patchlog
only_mutate =
    ingest/message/*
    projector/assembly/*
pytest_add_cli_args_test_selection =
    tests/ingest/message
    tests/projector/assembly
pytest_add_cli_args =
    --ignore-glob=*/test_properties.py
    --ignore-glob=*/test_real_mail.py
    -p
    no:cacheprovider
timeout_multiplier = 10
use_git_change_detection = false
"""
"""What is mutated and by what tests: neither by those that draw their mail at random nor by those over real mail."""


def main() -> None:
    """Print what becomes of the mutants, and the change that each unnoticed one makes."""
    count, seed = map(int, sys.argv[1:]) if len(sys.argv) > 1 else (COUNT, SEED)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        with chdir(folder):
            Path("setup.cfg").write_text(_SETTINGS)
            names = sorted(_mutants())
            chosen = sorted(random.Random(seed).sample(names, min(count, len(names))))
            print(f"{len(chosen)} of {len(names)} mutants, seed {seed}", flush=True)
            _mutmut("run", "--max-children", "1", *chosen)
            become = statuses(_mutmut("results", "--all", "true"), chosen)
            unnoticed = [name for name in chosen if become[name] not in NOTICED]
            for name in unnoticed:
                print(_mutmut("show", name), flush=True)
    print(", ".join(f"{number} {status}" for status, number in Counter(become.values()).most_common()))
    percent = 100 - 100 * len(unnoticed) / len(chosen)
    print(f"{percent:.1f}% noticed (at least {LEAST_PERCENT:.0f}%)")
    sys.exit(percent < LEAST_PERCENT)


def statuses(results: str, names: Sequence[str]) -> Mapping[str, str]:
    """What became of each of some mutants, as `mutmut results` says it in lines of "name: status"."""
    said = dict(line.strip().split(": ", 1) for line in results.splitlines() if ": " in line)
    return {name: said[name] for name in names}


def _mutants() -> Iterable[str]:
    """The names of all mutants of the rooms, as mutmut calls them; the current directory has its settings."""
    try:
        from mutmut.mutation.file_mutation import mutate_file_contents
        from mutmut.utils.format_utils import get_mutant_name
    except ImportError:
        sys.exit("bench: mutmut is not installed (make mutants installs it)")
    for path in (path for room in ROOMS for path in Path(room).rglob("*.py")):
        for name in mutate_file_contents(str(path), path.read_text()).mutant_names:
            yield get_mutant_name(path, name)


def _mutmut(*arguments: str) -> str:
    """What mutmut prints; where it fails, that is printed and this program ends too."""
    command: list[str | Path] = [Path(sys.executable).with_name("mutmut"), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment())
    if done.returncode:
        print(done.stdout[-4000:])
        sys.exit(f"bench: mutmut {arguments[0]} failed")
    return done.stdout


def _environment() -> dict[str, str]:
    """No PYTHONPATH: it would lead the tests to the code that is not mutated."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


if __name__ == "__main__":
    main()
