"""How many events a second sixteen writers leave, beside naive chains in the same run.

    python -m benchmarks.journal --seconds 5 --rounds 5

Prints one line a contender: transactions a second (the median of the rounds), and the rows that share their
predecessor with another (forks).
"""

import argparse
import importlib
import json
import os
import sys

import django

from benchmarks import scratch


def main() -> int:
    """Run the contenders on a durable database of their own; 1 when the product's chains fork or do not verify."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each contender writes in a round")
    parser.add_argument("--rounds", type=int, default=5, help="how many rounds; the median rate is told")
    parser.add_argument("--writers", type=int, default=16, help="how many processes write at once")
    options = parser.parse_args()
    with scratch.installation(durable=True) as server:
        django.setup()
        race = importlib.import_module("benchmarks.race")  # it has models: Django must stand first
        with server.connect(database=scratch.NAME) as superuser:
            superuser.execute(race.NAIVE_TABLE.encode())
        # In turn, round after round: what else this machine does weighs on all alike.
        runs = [
            [race.run(name, writers=options.writers, seconds=options.seconds) for name in race.CONTENDERS]
            for _ in range(options.rounds)
        ]
        intact = race.is_intact()
    results = [race.summary(list(rounds)) for rounds in zip(*runs, strict=True)]
    for result in results:
        line = f"{result.name:<34} {result.rate:7.0f} tx/s   {result.forked:6.1%} forked   {result.events} events\n"
        sys.stdout.write(line)
    load = os.getloadavg()[0]
    sys.stdout.write(
        json.dumps({"load": load, "results": [vars(result) for result in results], "intact": intact}) + "\n"
    )
    return 0 if intact and not any(result.forks for result in results if result.is_ours) else 1


if __name__ == "__main__":
    sys.exit(main())
