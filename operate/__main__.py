"""`./jobwatch`: the subcommands, and the one place in which known trouble becomes lines."""

import os
from contextlib import suppress
from functools import partial

from infra.terminal import run_main
from operate.command.group import jobwatch

if __name__ == "__main__":
    # The script starts Python in the project's folder, and says in which the user is.
    with suppress(OSError):
        os.chdir(os.environ.pop("JOBWATCH_CALLED_FROM", "."))
    run_main(partial(jobwatch.main, prog_name="./jobwatch"))
