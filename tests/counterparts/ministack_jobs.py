"""How a job of each source that MiniStack has is begun: as in moto, or in its own way."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from tests.counterparts import moto_jobs
from tests.counterparts.moto_jobs import ACCOUNT, BUCKET, ROLE, TRUST, Make, Session

BOTH = (
    "batch.jobs",
    "cloudfront.invalidations",
    "codebuild.builds",
    "ec2.volumes-modifications",
    "ecs.tasks",
    "emr.steps",
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


def scaling_group(session: Session) -> None:
    autoscaling = session.client("autoscaling")
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="configuration",
        ImageId="ami-0123456789abcdef0",
        InstanceType="t3.micro",
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="group",
        LaunchConfigurationName="configuration",
        AvailabilityZones=["us-east-1a"],
        MinSize=0,
        MaxSize=0,
    )


def instance_refresh(session: Session) -> None:
    session.client("autoscaling").start_instance_refresh(AutoScalingGroupName="group")


def query(session: Session) -> None:
    session.client("athena").start_query_execution(
        QueryString="SELECT 1", ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/out/"}
    )


def the_mapper(session: Session) -> Mapping[str, str]:
    return moto_jobs.the_state_machine(session, "mapper")


def durable_function(session: Session) -> None:
    """MiniStack takes for durable what has a member that AWS does not know, nor boto3."""

    def enable(params: dict[str, Any], **_: Any) -> None:
        asked = json.loads(params["body"])
        asked["DurableConfig"]["Enabled"] = True
        params["body"] = json.dumps(asked).encode()

    with io.BytesIO() as code:
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("index.py", "def handler(*_): return {'Status': 'SUCCEEDED'}")
        client = session.client("lambda")
        client.meta.events.register("before-call.lambda.CreateFunction", enable, "durable")
        client.create_function(
            FunctionName="durable",
            Runtime="python3.12",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": code.getvalue()},
            DurableConfig={"ExecutionTimeout": 60, "RetentionPeriodInDays": 1},
        )
        client.meta.events.unregister("before-call.lambda.CreateFunction", enable, "durable")


def durable_execution(session: Session) -> None:
    session.client("lambda").invoke(FunctionName="durable", InvocationType="Event")


POINT = f"arn:aws:backup:us-east-1:{ACCOUNT}:recovery-point:1"
VAULT = f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:vault"


def copy(session: Session) -> Any:
    return session.client("backup").start_copy_job(
        RecoveryPointArn=POINT,
        SourceBackupVaultName="vault",
        DestinationBackupVaultArn=VAULT,
        IamRoleArn=ROLE,
    )


def report(session: Session) -> Any:
    return session.client("backup").start_report_job(ReportPlanName="plan")


def restore(session: Session) -> Any:
    return session.client("backup").start_restore_job(RecoveryPointArn=POINT, Metadata={"a": "b"})


def malware_scan(session: Session) -> Any:
    return session.client("backup").start_scan_job(
        BackupVaultName="vault",
        IamRoleArn=ROLE,
        MalwareScanner="GUARDDUTY",
        RecoveryPointArn=POINT,
        ScanMode="FULL_SCAN",
        ScannerRoleArn=ROLE,
    )


def service_deployments(session: Session) -> Any:
    ecs = session.client("ecs")
    ecs.create_service(
        cluster="cluster", serviceName="service", taskDefinition="task", desiredCount=1
    )
    return ecs.list_service_deployments(cluster="cluster", service="service")


def flow_executions(session: Session) -> Any:
    """Give what the answer tells of an execution."""
    agent, runtime = session.client("bedrock-agent"), session.client("bedrock-agent-runtime")
    flow = {"flowIdentifier": agent.create_flow(name="flow", executionRoleArn=ROLE)["id"]}
    routes = [{"flowVersion": "1"}]
    alias = agent.create_flow_alias(**flow, name="alias", routingConfiguration=routes)["id"]
    given = {"nodeName": "FlowInput", "nodeOutputName": "document", "content": {"document": "one"}}
    runtime.start_flow_execution(**flow, flowAliasIdentifier=alias, inputs=[given])
    (there,) = runtime.list_flow_executions(**flow)["flowExecutionSummaries"]
    return sorted(there)


def scans(session: Session) -> Any:
    inspector = session.client("inspector2")
    return inspector.create_cis_scan_configuration(
        scanName="scan",
        securityLevel="LEVEL_1",
        schedule={"oneTime": {}},
        targets={"accountIds": ["SELF"], "targetResourceTags": {"scan": ["yes"]}},
    )


def image_builds(session: Session) -> Any:
    microvms = session.client("lambda-microvms")
    made = microvms.create_microvm_image(
        name="image",
        baseImageArn="arn:aws:lambda:us-east-1:aws:microvm-image/base",
        buildRoleArn=ROLE,
        codeArtifact={"uri": f"s3://{BUCKET}/code.zip"},
    )
    return microvms.list_microvm_image_builds(imageIdentifier=made["imageArn"], imageVersion="1")


def command(session: Session) -> Any:
    ran = session.client("ec2").run_instances(
        ImageId="ami-0123456789abcdef0", InstanceType="t3.micro", MinCount=1, MaxCount=1
    )
    (instance,) = (each["InstanceId"] for each in ran["Instances"])
    return session.client("ssm").send_command(
        DocumentName="AWS-RunShellScript",
        InstanceIds=[instance],
        Parameters={"commands": ["true"]},
    )


JOBS: Mapping[str, tuple[Make | None, Make]] = {
    **{source: moto_jobs.JOBS[source] for source in BOTH},
    "athena.query-executions": (None, query),
    "autoscaling.instance-refreshes": (scaling_group, instance_refresh),
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
    "ecs.stopped-tasks": (None, moto_jobs.stopped_task),
    "lambda.durable-executions-by-function": (durable_function, durable_execution),
    "signer.signing-jobs": (profile, signing),
    "stepfunctions.map-runs": (moto_jobs.mapper, moto_jobs.map_run),
}
NAMED: Mapping[str, Callable[[Session], Mapping[str, str]]] = {
    "emr.steps": moto_jobs.the_emr_cluster,
    "glue.job-runs": lambda _: {"JobName": "job"},
    "lambda.durable-executions-by-function": lambda _: {"FunctionName": "durable"},
    "stepfunctions.map-runs": the_mapper,
}
"""What a watch names of what was made: MiniStack does not list it, or it may be much."""


LACKING: Mapping[str, Callable[[Session], Any]] = {
    "backup.copy-jobs": copy,
    "backup.report-jobs": report,
    "backup.restore-jobs": restore,
    "backup.scan-jobs": malware_scan,
    "bedrock-agent-runtime.flow-executions": flow_executions,
    "ecs.service-deployments": service_deployments,
    "inspector2.cis-scans": scans,
    "lambda-microvms.microvm-image-builds": image_builds,
    "ssm.commands": command,
}
"""By source of which MiniStack can't have a job that is read: what asks for one, up to what fails.

It needs what those have that are read.
"""
