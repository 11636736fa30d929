"""Who can be told beside by email: chats, pagers and topics, in the forms that AWS takes."""

import re
from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field

from infra.config.aws.regions import regions
from infra.config.files.wording import Model, expected

_WORKSPACE = "[TE][0-9A-Z]{2,254}"
_SLACK_CHANNEL = "[CG][0-9A-Z]{2,254}"
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TEAMS_CHANNEL = r"19%3[aA][A-Za-z0-9_=+/.,-]+%40thread\.(tacv2|skype)"
AT_HOME = r"arn:aws[a-z-]*:{service}:([a-z0-9-]+):([0-9]{{12}}):"
_SECRET = AT_HOME.format(service="secretsmanager") + r"secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}"
_TOPIC = AT_HOME.format(service="sns") + r"[A-Za-z0-9_-]{1,256}"
_KEY = r"[A-Za-z0-9_.-]{1,100}"
ENDPOINTS = {
    "us": "https://events.pagerduty.com/v2/enqueue",
    "eu": "https://events.eu.pagerduty.com/v2/enqueue",
}
"""Where PagerDuty takes events, by its service region."""


def form(
    pattern: str, words: str, meant: Callable[[str], str | None] = lambda _: None
) -> AfterValidator:
    """Take what fits a pattern; `meant` gives what is near to a text, if anything."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            near = meant(value)
            fits = near is not None and re.fullmatch(pattern, near)
            raise expected(words, nearest=near if fits else None)
        return value

    return AfterValidator(check)


def _within(pattern: str) -> Callable[[str], str | None]:
    """Find it in a URL, or in small letters."""

    def find(text: str) -> str | None:
        found = re.search(rf"(?<![0-9A-Za-z]){pattern}(?![0-9A-Za-z])", text)
        return found[0] if found else text.upper()

    return find


def _teams_channel(text: str) -> str | None:
    """Find it in a link to a channel, or as it is before it is encoded."""
    found = re.search(_TEAMS_CHANNEL, text)
    return found[0] if found else quote(text, safe="/=+,")


def in_a_region(value: str) -> str:
    """Take an ARN in a region that there is."""
    if value.split(":")[3] not in regions():
        raise expected("an ARN in a region of AWS", among=regions())
    return value


def _no_fifo(value: str) -> str:
    if value.endswith(".fifo"):
        raise expected("a standard topic, as no alert is sent to a FIFO topic")
    return value


_WHOLE_ARN = "the whole ARN of a secret, with the six letters that AWS puts at its end"
Secret = Annotated[str, form(_SECRET, _WHOLE_ARN), AfterValidator(in_a_region)]
Topic = Annotated[
    str,
    AfterValidator(_no_fifo),
    form(_TOPIC, "the ARN of an SNS topic"),
    AfterValidator(in_a_region),
]


class Slack(Model):
    """A channel of Slack."""

    workspace: Annotated[
        str, form(_WORKSPACE, "a workspace's id such as T01ABCDEF", _within(_WORKSPACE))
    ] = Field(
        description="the id of the workspace, which was let in in the console of Amazon Q Developer"
    )
    channel: Annotated[
        str,
        form(
            _SLACK_CHANNEL,
            "a channel's id such as C01ABCDEF, not its name",
            _within(_SLACK_CHANNEL),
        ),
    ] = Field(description="the id of the channel, to which Amazon Q was invited")


class Teams(Model):
    """A channel of Microsoft Teams."""

    tenant: Annotated[str, form(_UUID, "a tenant's UUID", str.lower)] = Field(
        description="the id of the tenant, a UUID"
    )
    team: Annotated[str, form(_UUID, "a team's UUID", str.lower)] = Field(
        description="the id of the team, a UUID, to which Amazon Q was added"
    )
    channel: Annotated[
        str,
        form(
            _TEAMS_CHANNEL,
            "a channel's id as in its link, such as 19%3aabc%40thread.tacv2",
            _teams_channel,
        ),
    ] = Field(description="the id of the channel, as in the link to it")


class PagerDuty(Model):
    """A service of PagerDuty with an integration of Events API v2."""

    secret: Secret = Field(
        description="the ARN of the secret in Secrets Manager that holds the integration key"
    )
    key: Annotated[str, form(_KEY, "the name of a key in the secret's JSON")] | None = Field(
        default=None,
        description="under which key, where the secret is JSON; left out: it is the key alone",
    )
    region: Literal["us", "eu"] = Field(
        default="us", description="PagerDuty's service region: us or eu; left out: us"
    )
