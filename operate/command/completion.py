"""`./jobwatch completion`: prints what a shell completes words with."""

import rich_click as click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from operate.command import options
from operate.command.group import COMPLETE, jobwatch


class Zsh(ZshComplete):
    """zsh's, which begins zsh's completion by itself where nothing else in .zshrc did."""

    source_template = ZshComplete.source_template.replace(
        "    compdef ",
        "    (( $+functions[compdef] )) || { autoload -Uz compinit; compinit; }\n    compdef ",
    )


class Fish(FishComplete):
    """fish's, with what is said of a word whole: it may have a comma in it, as may a word."""

    source_template = FishComplete.source_template.replace(
        'string split ","', 'string split --max 1 ","'
    )


SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "zsh": Zsh,
    "fish": Fish,
}


@options.command(
    "completion bash >> ~/.bashrc",
    "completion zsh >> ~/.zshrc",
    "completion fish > ~/.config/fish/completions/jobwatch.fish",
)
@click.argument("shell", type=options.Choice(SHELLS))
def command(shell: str) -> None:
    """Print what SHELL completes the words of this command with.

    zsh and fish look for jobwatch on the PATH: link it into a folder of it, as with
    ln -s "$PWD/jobwatch" ~/.local/bin/
    """
    click.echo(SHELLS[shell](jobwatch, {}, "jobwatch", COMPLETE).source())
