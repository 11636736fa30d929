"""How a stack is changed: by the CDK, or anew out of a template where it came from one."""

from dataclasses import dataclass

from infra.context import STACK


@dataclass(frozen=True, slots=True)
class Typed:
    """The words with which a file and an account were named, as they are typed again."""

    file: str = ""
    account: str = ""


UNNAMED = Typed()


@dataclass(frozen=True, slots=True)
class Ways:
    """What a person does about a stack: what they type, or the page that says it.

    `deploy` brings it up to date, `restore` undoes what was changed by hand past CloudFormation,
    and `destroy` removes it. `deploy_anew` deploys it where an earlier attempt of that failed.
    """

    deploy: str
    restore: str
    destroy: str
    deploy_anew: str


_PAGE = "docs/template.md"


def of_the_cdk(stack: str, typed: Typed = UNNAMED) -> Ways:
    """Give the ways of a stack of the CDK's, by its name."""
    words = typed.file + typed.account
    deploy = command("deploy", stack, words)
    return Ways(
        deploy=deploy,
        restore=f"{deploy} -- --revert-drift",
        destroy=command("destroy", stack, words),
        deploy_anew=deploy,
    )


def of_template(stack: str, typed: Typed = UNNAMED) -> Ways:
    """Give the ways of the stack of a template, by its name."""
    destroy = f"aws cloudformation delete-stack{typed.account} --stack-name {stack}"
    deploy = f"{command('template', stack, typed.file)}, then {_PAGE}"
    return Ways(
        deploy=deploy,
        restore=f"{_PAGE}#what-was-changed-by-hand",
        destroy=destroy,
        deploy_anew=f"{destroy}, {deploy}",
    )


def command(name: str, stack: str, words: str = "") -> str:
    """Give a command of ours, with words that were typed and the stack's name, if it needs one."""
    return f"./jobwatch {name}{words}" + ("" if stack == STACK else f" --stack {stack}")
