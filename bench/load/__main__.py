"""`make load`."""

import sys

from demo.ending import run

if __name__ == "__main__":
    sys.exit(run("bench.load.run"))
