"""No row is granted what gives credentials away, by whatever name, and jobs are none of it."""

import re

import pytest

from infra.config.aws.services import service_model, service_names
from infra.config.lint.credentials import gives_away

READS_JOBS = re.compile(
    r"(Batch)?(Get|List|Describe)\w*(Job|Task|Execution|Export|Import|Run|Recommendation)s?$"
)


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("sts", "GetSessionToken"),
        ("sts", "GetDelegatedAccessToken"),
        ("secretsmanager", "GetSecretValue"),
        ("ssm", "GetAccessToken"),
        ("ssm", "GetParameter"),
        ("ssm", "GetParametersByPath"),
        ("s3control", "GetDataAccess"),
        ("s3", "GetObject"),
        ("s3control", "GetObject"),  # an action of the same prefix, of another service's operation
        ("s3control", "GetObjectVersion"),  # an action of which there is no operation
        ("s3", "GetDataAccess"),
        ("codepipeline", "GetJobDetails"),
        ("gamelift", "GetComputeAccess"),
        ("gamelift", "GetInstanceAccess"),
        ("datazone", "GetConnection"),
        ("bedrock-agentcore", "GetWorkloadAccessToken"),
        ("bedrock-agentcore", "GetResourceApiKey"),
        ("license-manager", "GetAccessToken"),
        ("cognito-identity", "GetOpenIdTokenForDeveloperIdentity"),
        ("lightsail", "GetInstanceAccessDetails"),
        ("athena", "GetSessionEndpoint"),
        ("ivs", "GetStreamKey"),
        ("ec2", "GetPasswordData"),
        ("ssm", "GetPARAMETERS"),  # IAM tells no case apart
        ("s3", "GetOBJECT"),
        ("redshift", "GetClusterCREDENTIALS"),
        ("ecr", "GetAuthorizationTOKEN"),
        ("iam", "ListACCESSKEYS"),
        ("cognito-idp", "DescribeUserPoolCLIENT"),  # in its answer
        ("chime-sdk-meetings", "GetAttendee"),  # with its token anybody joins the meeting
        ("chime-sdk-identity", "DescribeAppInstanceUserEndpoint"),
        ("workspaces-thin-client", "GetEnvironment"),  # a code that makes a device one of theirs
        ("snowball", "GetJobUnlockCode"),
        ("iotwireless", "GetWirelessDevice"),
        ("pinpoint", "GetGcmChannel"),
        ("ec2", "DescribeVpnConnections"),  # its keys, in a text
        ("ec2", "GetVpnConnectionDeviceSampleConfiguration"),
        ("emr-serverless", "GetDashboardForJobRun"),  # a URL that lets in whoever has it
        ("marketplace-reporting", "GetBuyerDashboard"),
        ("emr-serverless", "GetResourceDashboard"),
        ("athena", "getresourcedashboard"),
        ("glue", "GetSystemLogsForJobRun"),
        ("glue", "GetSystemLogsForSession"),
        ("bedrock-agent-runtime", "GetDocumentContent"),  # a file, by a URL
        ("qbusiness", "GetDocumentContent"),
        ("connect", "GetPromptFile"),
        ("connectparticipant", "GetAttachment"),
        ("greengrassv2", "GetComponentVersionArtifact"),
        ("inspector2", "GetCisScanReport"),
        ("odb", "GetOciOnboardingStatus"),  # a link by which a tenancy becomes theirs
        ("location", "DescribeKey"),  # the key itself, called as each object of S3 is
        ("location", "describeKEY"),
        ("iot", "GetRegistrationCode"),
        ("interconnect", "GetConnection"),
        ("customer-profiles", "GetUploadJobPath"),  # a URL to which whoever has it may upload
        ("support", "GetAttachmentUploadLinks"),
        ("support", "GetAttachmentDownloadLink"),
        ("glue", "GetConnection"),  # as a key of a map
        ("glue", "GetConnections"),
    ],
)
def test_what_lets_its_reader_in_somewhere_gives_credentials_away(service: str, name: str) -> None:
    assert gives_away(service, name)


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("comprehend", "ListSentimentDetectionJobs"),  # NextToken
        ("cloudcontrol", "GetResourceRequestStatus"),  # RequestToken
        ("bedrock", "GetModelInvocationJob"),  # clientRequestToken
        ("batch", "DescribeJobs"),  # the ARN of credentials
        ("codebuild", "BatchGetBuilds"),
        ("cognito-idp", "DescribeUserImportJob"),  # PasswordHashingAlgorithm
        ("quicksight", "DescribeAssetBundleImportJob"),  # passwords in a list of settings
        ("glue", "GetJobs"),
        ("rds", "DescribeDBInstances"),
        ("dataexchange", "GetJob"),
        ("sesv2", "GetExportJob"),
        ("secretsmanager", "ListSecrets"),
        ("kms", "DescribeKey"),
        ("cloudwatch", "GetDashboard"),
        ("codeartifact", "ListPackageVersionAssets"),
        ("customer-profiles", "GetUploadJob"),
        ("oam", "ListLinks"),
        ("translate", "GetNothingOfTheKind"),
    ],
)
def test_what_only_has_such_a_word_in_it_gives_none_away(service: str, name: str) -> None:
    assert not gives_away(service, name)


def test_of_all_that_reads_jobs_only_this_gives_credentials_away() -> None:
    """Of the whole of AWS: a service that is new to botocore may add to it."""
    found = {
        f"{service}:{name}"
        for service in service_names()
        if (model := service_model(service))
        for name in model.operation_names
        if READS_JOBS.match(name) and gives_away(service, name)
    }
    assert found == {
        "apigateway:GetExport",  # a file
        "emr-serverless:GetDashboardForJobRun",  # a link that lets in
        "glue:GetSystemLogsForJobRun",  # a link to what the job wrote
        "connecthealth:GetPatientInsightsJob",  # a token for the patient's records
        "glue:GetJob",  # the token of the repository that its code comes from
        "kms:GetParametersForImport",
        "lexv2-models:DescribeBotRecommendation",  # the passwords of the files it reads and writes
        "payment-cryptography:GetParametersForExport",
        "payment-cryptography:GetParametersForImport",
    }
