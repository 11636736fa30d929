"""How a stack is changed: by the CDK, or anew out of a template where it came from one."""

from dataclasses import dataclass


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


CDK = Ways(
    deploy="./jobwatch deploy",
    restore="./jobwatch deploy -- --revert-drift",
    destroy="./jobwatch destroy",
    deploy_anew="./jobwatch deploy",
)
_TEMPLATE, _PAGE = "./jobwatch template", "docs/template.md"


def of_template(stack: str) -> Ways:
    """Give the ways of the stack of a template, by its name."""
    destroy = f"aws cloudformation delete-stack --stack-name {stack}"
    deploy = f"{_TEMPLATE}, then {_PAGE}"
    return Ways(
        deploy=deploy,
        restore=f"{_PAGE}#what-was-changed-by-hand",
        destroy=destroy,
        deploy_anew=f"{destroy}, {deploy}",
    )
