#!/usr/bin/env python3
"""Measures the shop and writes docs/benchmarks.md. See --help."""
import argparse
import os
import shutil
import signal
import sys
import tempfile

from benchmarks import machine, plan, report
from benchmarks.load import LoadError
from benchmarks.measurements import (
    acceptance, checkouts, engines, events, idempotency, json_answer, payments, placing, replay, sagas, start, storm)
from benchmarks.shop import ShopError

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MEASUREMENTS = {
    "json": json_answer.measure,
    "acceptance": acceptance.measure,
    "placing": placing.measure,
    "idempotency": idempotency.measure,
    "replay": replay.measure,
    "payments": payments.measure,
    "storm": storm.measure,
    "sagas": sagas.measure,
    "checkouts": checkouts.measure,
    "events": events.measure,
    "engines": engines.measure,
    "start": start.measure,
}


def main() -> int:
    options = parsed_options()
    # Who is stopped stops the servers that were started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    missing = [tool for tool in ["wrk", "nginx", "pgrep"] if shutil.which(tool) is None]
    if missing:
        return failure(f"{', '.join(missing)} missing: run scripts/setup --bench, or install wrk, nginx-light, procps")
    if not os.access(options.program, os.X_OK):
        return failure(f"{options.program} is not there: run make build")
    description = machine.description(ROOT)
    print(description + "\n", flush=True)
    sections = []
    with tempfile.TemporaryDirectory(prefix="sambal-bench-", dir=options.scratch) as scratch:
        for name in options.only or MEASUREMENTS:
            try:
                section = MEASUREMENTS[name](options.program, scratch, plan.QUICK if options.quick else plan.FULL)
            except (LoadError, ShopError) as error:
                return failure(f"{name}: {error}")
            sections.append(section)
            print(report.as_text(section), flush=True)
    if not options.only and not options.quick:
        with open(os.path.join(ROOT, "Benchmarks", "misses.md")) as file:
            misses = file.read()
        with open(os.path.join(ROOT, "docs", "benchmarks.md"), "w") as file:
            file.write(report.as_page(sections, description, "make bench", misses))
        print("written to docs/benchmarks.md")
    return 0


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures the release build of the shop.")
    parser.add_argument("only", nargs="*", metavar="MEASUREMENT", help=", ".join(MEASUREMENTS) + "; all where none")
    parser.add_argument("--quick", action="store_true", help="under a minute; for a first look, not for the page")
    parser.add_argument("--program", default=os.path.join(ROOT, ".build/release/sambal"), help="the binary to measure")
    parser.add_argument(
        "--scratch", default=os.path.join(ROOT, ".build"), help="where data folders are made: a disk, not memory")
    options = parser.parse_args()
    unknown = set(options.only) - set(MEASUREMENTS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return options


def failure(message: str) -> int:
    print(f"benchmark: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
