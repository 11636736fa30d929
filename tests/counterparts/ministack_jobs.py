"""How a job of each source that MiniStack has is begun: as in moto, or in its own way.

Left out are builds of CodeBuild and queries of Athena, as it asks IAM for BatchGetBuilds and
BatchGetQueryExecution on any resource, where AWS does for the project or the workgroup.
"""

from collections.abc import Mapping

from tests.counterparts import moto_jobs
from tests.counterparts.moto_jobs import ACCOUNT, BUCKET, ROLE, TRUST, Make, Session

BOTH = (
    "batch.jobs",
    "cloudfront.invalidations",
    "ec2.volumes-modifications",
    "events.replays",
    "glue.job-runs",
    "iot.jobs",
    "servicediscovery.operations",
    "stepfunctions.executions",
    "transcribe.transcription-jobs",
)


def prepare(session: Session) -> None:
    """Make what several need."""
    s3 = session.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    versions = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=versions)
    session.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST)


def vault(session: Session) -> None:
    session.client("backup").create_backup_vault(BackupVaultName="vault")


def backup(session: Session) -> None:
    session.client("backup").start_backup_job(
        BackupVaultName="vault",
        ResourceArn=f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders",
        IamRoleArn=ROLE,
    )


def evaluation(session: Session) -> None:
    session.client("bedrock").create_evaluation_job(
        jobName="evaluation",
        roleArn=ROLE,
        evaluationConfig={
            "automated": {
                "datasetMetricConfigs": [
                    {
                        "taskType": "Summarization",
                        "dataset": {"name": "words"},
                        "metricNames": ["Accuracy"],
                    }
                ]
            }
        },
        inferenceConfig={
            "models": [{"bedrockModel": {"modelIdentifier": "amazon.titan-text-lite-v1"}}]
        },
        outputDataConfig={"s3Uri": f"s3://{BUCKET}/out"},
    )


def model_copy(session: Session) -> None:
    session.client("bedrock").create_model_copy_job(
        sourceModelArn=f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model/amazon.titan-text-lite-v1:0:4k/abcdefghijkl",
        targetModelName="copy",
    )


def model_import(session: Session) -> None:
    session.client("bedrock").create_model_import_job(
        jobName="import",
        importedModelName="imported",
        roleArn=ROLE,
        modelDataSource={"s3DataSource": {"s3Uri": f"s3://{BUCKET}/model"}},
    )


def model_invocation(session: Session) -> None:
    session.client("bedrock").create_model_invocation_job(
        jobName="invocation",
        roleArn=ROLE,
        modelId="amazon.titan-text-lite-v1",
        inputDataConfig={"s3InputDataConfig": {"s3Uri": f"s3://{BUCKET}/in"}},
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"s3://{BUCKET}/out"}},
    )


def async_invoke(session: Session) -> None:
    session.client("bedrock-runtime").start_async_invoke(
        modelId="amazon.nova-reel-v1:0",
        modelInput={"text": "a house"},
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"s3://{BUCKET}/out"}},
    )


def resource(session: Session) -> None:
    session.client("cloudcontrol").create_resource(
        TypeName="AWS::S3::Bucket", DesiredState='{"BucketName": "another-bucket-of-jobs"}'
    )


def table_import(session: Session) -> None:
    session.client("s3").put_object(Bucket=BUCKET, Key="items/one.csv", Body=b"id\none\n")
    session.client("dynamodb").import_table(
        S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": "items/"},
        InputFormat="CSV",
        TableCreationParameters={
            "TableName": "imported",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )


def signing(session: Session) -> None:
    put = session.client("s3").put_object(Bucket=BUCKET, Key="code.zip", Body=b"code")
    code = {"bucketName": BUCKET, "key": "code.zip", "version": put["VersionId"]}
    session.client("signer").start_signing_job(
        source={"s3": code},
        destination={"s3": {"bucketName": BUCKET, "prefix": "signed"}},
        profileName="profile",
    )


def profile(session: Session) -> None:
    session.client("signer").put_signing_profile(
        profileName="profile", platformId="AWSLambda-SHA384-ECDSA"
    )


def configuration(session: Session) -> None:
    appconfig = session.client("appconfig")
    app = appconfig.create_application(Name="app")["Id"]
    appconfig.create_environment(ApplicationId=app, Name="environment")
    made = appconfig.create_configuration_profile(
        ApplicationId=app, Name="profile", LocationUri="hosted"
    )
    appconfig.create_hosted_configuration_version(
        ApplicationId=app,
        ConfigurationProfileId=made["Id"],
        Content=b"{}",
        ContentType="application/json",
    )


def configuration_deployment(session: Session) -> None:
    appconfig = session.client("appconfig")
    (app,) = appconfig.list_applications()["Items"]
    (place,) = appconfig.list_environments(ApplicationId=app["Id"])["Items"]
    (what,) = appconfig.list_configuration_profiles(ApplicationId=app["Id"])["Items"]
    appconfig.start_deployment(
        ApplicationId=app["Id"],
        EnvironmentId=place["Id"],
        ConfigurationProfileId=what["Id"],
        ConfigurationVersion="1",
        DeploymentStrategyId="AppConfig.AllAtOnce",
    )


def knowledge(session: Session) -> None:
    agent = session.client("bedrock-agent")
    made = agent.create_knowledge_base(
        name="knowledge",
        roleArn=ROLE,
        knowledgeBaseConfiguration={
            "type": "VECTOR",
            "vectorKnowledgeBaseConfiguration": {
                "embeddingModelArn": "arn:aws:bedrock:us-east-1::foundation-model/titan"
            },
        },
    )["knowledgeBase"]["knowledgeBaseId"]
    agent.create_data_source(
        knowledgeBaseId=made,
        name="source",
        dataSourceConfiguration={
            "type": "S3",
            "s3Configuration": {"bucketArn": f"arn:aws:s3:::{BUCKET}"},
        },
    )


def ingestion(session: Session) -> None:
    agent = session.client("bedrock-agent")
    (base,) = agent.list_knowledge_bases()["knowledgeBaseSummaries"]
    there = {"knowledgeBaseId": base["knowledgeBaseId"]}
    (source,) = agent.list_data_sources(**there)["dataSourceSummaries"]
    agent.start_ingestion_job(**there, dataSourceId=source["dataSourceId"])


JOBS: Mapping[str, tuple[Make | None, Make]] = {
    **{source: moto_jobs.JOBS[source] for source in BOTH},
    "appconfig.deployments": (configuration, configuration_deployment),
    "backup.backup-jobs": (vault, backup),
    "bedrock-agent.ingestion-jobs": (knowledge, ingestion),
    "bedrock-runtime.async-invokes": (None, async_invoke),
    "bedrock.evaluation-jobs": (None, evaluation),
    "bedrock.model-copy-jobs": (None, model_copy),
    "bedrock.model-customization-jobs": (None, moto_jobs.customize),
    "bedrock.model-import-jobs": (None, model_import),
    "bedrock.model-invocation-jobs": (None, model_invocation),
    "cloudcontrol.resource-requests": (None, resource),
    "dynamodb.imports": (None, table_import),
    "signer.signing-jobs": (profile, signing),
}
NAMED = {"glue.job-runs": {"JobName": "job"}}
"""What a watch names, as MiniStack does not list it."""
