"""Many runs, each a row of a CSV file that a page of the book reads.

A row is written as soon as its run is done, so a script that was cut short goes on where it
stopped. What all these scripts are told on the command line is here too.
"""

import argparse
import csv
import time


def arguments(description, of_what, **switches):
    """The options of the command line; a script may have more, with what each is for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", default="", help=f"part of the name of a {of_what}")
    parser.add_argument("--quick", action="store_true", help="see that all runs; write nothing")
    for name, purpose in switches.items():
        parser.add_argument(f"--{name}", action="store_true", help=purpose)
    return parser.parse_args()


def fill(path, columns, keys, run):
    """Do the runs that the file lacks.

    The first columns are those of a key; ``run(*key)`` returns the values of all others but the
    last, ``seconds``, which is processor time.
    """
    if not path.exists():
        path.write_text(",".join(columns) + "\n", encoding="utf-8")
    with path.open(newline="", encoding="utf-8") as file:
        _, *rows = csv.reader(file)
    for key in keys:
        if list(map(str, key)) in (row[: len(key)] for row in rows):
            continue
        start = time.process_time()
        values = run(*key)
        seconds = f"{time.process_time() - start:.1f}"
        with path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow([*key, *values, seconds])
