"""What the tests of `make conformance` share."""

STACK = "JobwatchConformance00000"
NOT_HERE = {
    "DDB-3": "the local CloudFormation does not turn on the time to live",
    "DDB-5": "the local DynamoDB holds no policy of a table against a call",
    "SQS-7": "the local SQS asks no redrive allow policy",
    "BUS-5": "the local EventBridge holds no policy of a bus against a call",
    "BUS-2": "the local bus takes a detail that is no JSON",
    "METRIC-2": "the local Lambda has no IteratorAge",
    "SCHED-4": "the local scheduler calls no API of another service's",
}
"""What the local AWS does not do as AWS does, by row; what a check then says is tested below."""
