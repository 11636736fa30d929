"""What can be known of an account before anything is deployed."""

from collections.abc import Iterator, Mapping

from infra.config.files.durations import MINUTE
from infra.words import counted
from operate.bootstrap import OWN_BUCKET, REQUIRED, version
from operate.doctor.findings import Finding, ok, unknown, warning, wrong
from operate.doctor.here import Here

READERS = 2
"""Functions that read the stream, publish and alert: each runs once for every shard."""
SHARDS = 4
"""Shards of a new table's stream, at least: it takes 4,000 writes a second, a partition 1,000."""
LATER = 2
"""Further ticks side by side, where a cadence is below a minute."""
WAITING = 3
"""One that begins to wait, one that is answered, and the sweep of those that wait."""


def bootstrap(here: Here) -> Iterator[Finding]:
    """Tell whether the CDK can deploy here, where it is to."""
    if here.found is not None and here.found.is_of_template:
        yield ok("not needed: the stack is of a template, which takes no CDK")
        return
    found = version(here.clients)
    if found is None:
        yield wrong(
            f"{here.region} of this account was never made ready for the CDK",
            here.command("bootstrap"),
        )
    elif found < REQUIRED:
        yield wrong(
            f"version {found}, and the template needs {REQUIRED}", here.command("bootstrap")
        )
    elif found < OWN_BUCKET:
        what = "once its bucket is deleted, who makes one of that name gets what is deployed"
        yield warning(f"version {found}: {what}", here.command("bootstrap"))
    else:
        yield ok(f"version {found}; the template needs {REQUIRED}")


def concurrency(here: Here) -> Iterator[Finding]:
    """Tell whether the account lets as many functions run at once as there are to be."""
    compiled = here.compiled
    # Each cadence has a schedule, which invokes tick by itself.
    ticks = len(compiled.cadences) + (LATER if min(compiled.cadences) < MINUTE else 0)
    others = WAITING + compiled.dashboard
    needed = compiled.plan.concurrency + ticks + READERS * _shards(here) + others
    limits = here.clients("lambda").get_account_settings()["AccountLimit"]
    free, all_ = limits["UnreservedConcurrentExecutions"], limits["ConcurrentExecutions"]
    reserved = f", and {all_ - free:,} are reserved" if all_ > free else ""
    found = f"{all_:,} functions may run at once here{reserved}; this stack takes {needed:,}"
    found += ", and more where many jobs end at once"
    if free >= needed:
        yield ok(found)
        return
    less = compiled.plan.concurrency - (needed - free)
    lower = f"`concurrency: {less}` in watches.yaml, or " if less > 1 else ""
    yield warning(found, f"{lower}ask Service Quotas for more of Lambda's concurrent executions")


def _shards(here: Here) -> int:
    """Count the open shards of the table's stream; before there is one, those of a new table."""
    if here.found is None:
        return SHARDS
    table = here.clients("dynamodb").describe_table(TableName=here.stack.outputs["TableName"])
    stream = {"StreamArn": table["Table"].get("LatestStreamArn")}
    client, count = here.clients("dynamodbstreams"), 0
    while stream["StreamArn"]:
        found = client.describe_stream(**stream)["StreamDescription"]
        ranges = [each.get("SequenceNumberRange", {}) for each in found.get("Shards", ())]
        count += sum("EndingSequenceNumber" not in each for each in ranges)
        if not (last := found.get("LastEvaluatedShardId")):
            break
        stream["ExclusiveStartShardId"] = last
    return count or SHARDS


def regions(here: Here) -> Iterator[Finding]:
    """Tell whether the regions that are read in this account are enabled there."""
    watched = sorted({region for _, _, region in here.places()})
    found = here.clients("ec2").describe_regions(AllRegions=True)["Regions"]
    status = {each["RegionName"]: each["OptInStatus"] for each in found}
    faults = [fault for region in watched for fault in _region(region, status)]
    yield from faults
    elsewhere = any(watch.is_elsewhere for watch in here.compiled.plan.watches.values())
    blind = "what other accounts have enabled can't be told from here"
    if watched and not faults:
        said = f"{', '.join(watched)}: enabled in this account"
        yield ok(f"{said}; {blind}" if elsewhere else said)
    elif elsewhere:
        yield unknown(blind)


def _region(region: str, status: Mapping[str, str]) -> Iterator[Finding]:
    if region not in status:
        yield wrong(f"{region} is no region of this account", "correct `regions` of the watches")
    elif status[region] == "not-opted-in":
        yield wrong(
            f"{region} is not enabled in this account",
            f"aws account enable-region --region-name {region}, or take it out of `regions`",
        )


def sources(here: Here) -> Iterator[Finding]:
    """Tell of the watches of which nothing is offered in the stack's own region.

    Of the regions that a watch names, the synth knows it.
    """
    plan = here.compiled.plan
    nowhere = [
        watch
        for watch in plan.watches.values()
        if not any(plan.regions_of(watch, source, here.region) for source in watch.sources)
    ]
    missing = {plan.sources[source].service for watch in nowhere for source in watch.sources}
    for service in sorted(missing):
        yield warning(
            f"{service} is not offered in {here.region}, where its watches are left alone",
            "give them `regions`, or take them out",
        )
    if not missing:
        watches = counted(len(plan.watches), "watch", "watches")
        yield ok(f"{watches}: something of each is offered where it looks")


def members(here: Here) -> Iterator[Finding]:
    """Say what can be known of the roles in other accounts: nobody but Jobwatch may take them."""
    watches = here.compiled.plan.watches.values()
    accounts = {account.id for watch in watches for account in watch.accounts}
    if not accounts:
        return
    others = (
        f"{counted(len(accounts), 'other account')} with roles that only the poll function may take"
    )
    if here.found is None:
        yield unknown(others, "./jobwatch member writes them; once it is deployed, look again")
    else:
        yield ok(f"{others}: how it fares there is told under scopes")
