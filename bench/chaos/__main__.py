"""`python -m bench.chaos [--seconds N] [--mails M] [--pause P] [--seed S] [--folder DIR]`."""

import argparse
import sys
import tempfile

from bench.chaos.plan import default_folder, plan_with_real_mail
from bench.chaos.run import run
from bench.machine import describe


def main() -> int:
    """Run it, and print what happened; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="how long mail is sent and processes are killed")
    parser.add_argument("--mails", type=int, default=1500)
    parser.add_argument("--pause", type=float, default=10.0, help="seconds from one kill to the next")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where data and journals are kept; default: one that is deleted afterwards")
    options = parser.parse_args()
    plan = plan_with_real_mail(options.mails, options.seconds, options.pause, options.seed)
    print(describe(), flush=True)
    with tempfile.TemporaryDirectory(prefix="patchlog-chaos-") as temporary:
        report = run(plan, default_folder(options.folder or temporary), lambda line: print(line, flush=True))
    for name, value in report.figures.items():
        print(f"{name}: {value}")
    for sentence in report.wrong:
        print(f"WRONG: {sentence}")
    print("nothing is wrong" if not report.wrong else f"{len(report.wrong)} things are wrong")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
