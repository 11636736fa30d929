"""How a stack is changed: by the CDK, or anew out of a template where it came from one."""

from dataclasses import dataclass

from infra.context import STACK


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


def of_the_cdk(stack: str, words: str = "") -> Ways:
    """Give the ways of a stack of the CDK's, by its name.

    `words` are those with which its file and its account were named, as they are typed again.
    """
    said = _named(stack, words)
    deploy = f"./jobwatch deploy{said}"
    return Ways(
        deploy=deploy,
        restore=f"{deploy} -- --revert-drift",
        destroy=f"./jobwatch destroy{said}",
        deploy_anew=deploy,
    )


def of_template(stack: str) -> Ways:
    """Give the ways of the stack of a template, by its name."""
    destroy = f"aws cloudformation delete-stack --stack-name {stack}"
    deploy = f"./jobwatch template{_named(stack)}, then {_PAGE}"
    return Ways(
        deploy=deploy,
        restore=f"{_PAGE}#what-was-changed-by-hand",
        destroy=destroy,
        deploy_anew=f"{destroy}, {deploy}",
    )


def _named(stack: str, words: str = "") -> str:
    return words + ("" if stack == STACK else f" --stack {stack}")
