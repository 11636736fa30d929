"""`make load`."""

from functools import partial

from demo.ending import run
from infra.terminal import run_main

if __name__ == "__main__":
    run_main(partial(run, "bench.load.run"))
