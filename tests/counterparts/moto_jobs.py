"""How a job of each source is begun that moto has, through boto3 and in as few calls as it takes.

What a job lives in is made by the first of each pair in `JOBS`, before the first poll: what is
there then stays quiet.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3

Session = boto3.Session
Make = Callable[[Session], Any]
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
BUCKET = "a-bucket-of-jobs"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders"
CLASSIFIER = f"arn:aws:comprehend:eu-west-1:{ACCOUNT}:document-classifier/words"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def bucket(session: Session) -> None:
    where = {"LocationConstraint": session.region_name}
    session.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)


def role(session: Session) -> str:
    made = session.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
    return str(made["Role"]["Arn"])


def network(session: Session) -> tuple[str, str]:
    ec2 = session.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    return vpc, subnet


def comprehend(operation: str, **more: Any) -> Make:
    def start(session: Session) -> None:
        getattr(session.client("comprehend"), operation)(
            InputDataConfig={"S3Uri": f"s3://{BUCKET}/in"},
            OutputDataConfig={"S3Uri": f"s3://{BUCKET}/out"},
            DataAccessRoleArn=ROLE,
            JobName="words",
            **more,
        )

    return start


def job_queue(session: Session) -> None:
    ec2, batch = session.client("ec2"), session.client("batch")
    vpc, subnet = network(session)
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    arn = role(session)
    session.client("iam").create_instance_profile(InstanceProfileName="profile")
    batch.create_compute_environment(
        computeEnvironmentName="place",
        type="MANAGED",
        serviceRole=arn,
        computeResources={
            "type": "FARGATE",
            "maxvCpus": 1,
            "subnets": [subnet],
            "securityGroupIds": [group],
        },
    )
    order = [{"order": 1, "computeEnvironment": "place"}]
    batch.create_job_queue(
        jobQueueName="queue", state="ENABLED", priority=1, computeEnvironmentOrder=order
    )
    batch.register_job_definition(
        jobDefinitionName="definition",
        type="container",
        containerProperties={"image": "busybox", "vcpus": 1, "memory": 128, "command": ["true"]},
    )


def batch(session: Session) -> None:
    session.client("batch").submit_job(jobName="job", jobQueue="queue", jobDefinition="definition")


def customize(session: Session) -> None:
    session.client("bedrock").create_model_customization_job(
        jobName="tuning",
        customModelName="model",
        roleArn=ROLE,
        baseModelIdentifier="amazon.titan-text-lite-v1",
        trainingDataConfig={"s3Uri": f"s3://{BUCKET}/in"},
        outputDataConfig={"s3Uri": f"s3://{BUCKET}/out"},
        hyperParameters={"epochs": "1"},
    )


def stack_set(session: Session) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "made"}}
    session.client("cloudformation").create_stack_set(
        StackSetName="set", TemplateBody=json.dumps({"Resources": {"Topic": topic}})
    )


def stack_instances(session: Session) -> None:
    session.client("cloudformation").create_stack_instances(
        StackSetName="set", Accounts=[ACCOUNT], Regions=["eu-west-1"]
    )


def distribution(session: Session) -> None:
    session.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "one",
            "Comment": "",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "origin",
                        "DomainName": "example.s3.amazonaws.com",
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "origin",
                "ViewerProtocolPolicy": "allow-all",
                "MinTTL": 1,
                "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
            },
        }
    )


def invalidation(session: Session) -> None:
    cloudfront = session.client("cloudfront")
    (there,) = cloudfront.list_distributions()["DistributionList"]["Items"]
    cloudfront.create_invalidation(
        DistributionId=there["Id"],
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "now"},
    )


def project(session: Session) -> None:
    session.client("codebuild").create_project(
        name="project",
        source={"type": "S3", "location": f"{BUCKET}/source.zip"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "image",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole=f"arn:aws:iam::{ACCOUNT}:role/service-role/builder",
    )


def build(session: Session) -> None:
    session.client("codebuild").start_build(projectName="project")


def application(session: Session) -> None:
    codedeploy = session.client("codedeploy")
    codedeploy.create_application(applicationName="app", computePlatform="Server")
    codedeploy.create_deployment_group(
        applicationName="app", deploymentGroupName="group", serviceRoleArn=ROLE
    )


def deployment(session: Session) -> None:
    session.client("codedeploy").create_deployment(
        applicationName="app",
        deploymentGroupName="group",
        revision={
            "revisionType": "S3",
            "s3Location": {"bucket": BUCKET, "key": "app.zip", "bundleType": "zip"},
        },
    )


def code_pipeline(session: Session) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}}
    made = session.client("iam").create_role(
        RoleName="worker",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
        ),
    )

    def stage(category: str, provider: str) -> Mapping[str, Any]:
        kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
        return {"name": category, "actions": [{"name": category, "actionTypeId": kind}]}

    session.client("codepipeline").create_pipeline(
        pipeline={
            "name": "pipeline",
            "roleArn": made["Role"]["Arn"],
            "artifactStore": {"type": "S3", "location": BUCKET},
            "stages": [stage("Source", "S3"), stage("Build", "CodeBuild")],
        }
    )


def code_pipeline_execution(session: Session) -> None:
    session.client("codepipeline").start_pipeline_execution(name="pipeline")


def replication_task(session: Session) -> None:
    arn = f"arn:aws:dms:eu-west-1:{ACCOUNT}"
    session.client("dms").create_replication_task(
        ReplicationTaskIdentifier="task",
        SourceEndpointArn=f"{arn}:endpoint:source",
        TargetEndpointArn=f"{arn}:endpoint:target",
        ReplicationInstanceArn=f"{arn}:rep:instance",
        MigrationType="full-load",
        TableMappings=json.dumps({"rules": []}),
    )


def volume(session: Session) -> None:
    session.client("ec2").create_volume(AvailabilityZone="eu-west-1a", Size=10)


def volume_modification(session: Session) -> None:
    ec2 = session.client("ec2")
    (there,) = ec2.describe_volumes()["Volumes"]
    ec2.modify_volume(VolumeId=there["VolumeId"], Size=20)


def task_definition(session: Session) -> None:
    ecs = session.client("ecs")
    ecs.create_cluster(clusterName="cluster")
    ecs.register_task_definition(
        family="task",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "main", "image": "busybox", "cpu": 256, "memory": 512}],
    )


def task(session: Session) -> str:
    subnet, *_ = session.client("ec2").describe_subnets()["Subnets"]
    place = {"subnets": [subnet["SubnetId"]], "securityGroups": ["sg-0123456789abcdef0"]}
    ran = session.client("ecs").run_task(
        cluster="cluster",
        taskDefinition="task",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": place},
    )
    (begun,) = ran["tasks"]
    return str(begun["taskArn"])


def stopped_task(session: Session) -> None:
    session.client("ecs").stop_task(cluster="cluster", task=task(session))


def emr_cluster(session: Session) -> None:
    session.client("emr").run_job_flow(
        Name="cluster",
        ReleaseLabel="emr-6.6.0",
        ServiceRole="EMR_DefaultRole",
        JobFlowRole="EMR_EC2_DefaultRole",
        Instances={
            "MasterInstanceType": "m5.large",
            "InstanceCount": 1,
            "KeepJobFlowAliveWhenNoSteps": True,
        },
    )


def the_emr_cluster(session: Session) -> Mapping[str, str]:
    (there,) = session.client("emr").list_clusters()["Clusters"]
    return {"ClusterId": there["Id"]}


def emr_step(session: Session) -> None:
    session.client("emr").add_job_flow_steps(
        JobFlowId=the_emr_cluster(session)["ClusterId"],
        Steps=[{"Name": "step", "HadoopJarStep": {"Jar": "command-runner.jar"}}],
    )


def table(session: Session) -> None:
    bucket(session)
    dynamodb = session.client("dynamodb")
    dynamodb.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification=recovery
    )


def table_export(session: Session) -> None:
    session.client("dynamodb").export_table_to_point_in_time(
        TableArn=TABLE, S3Bucket=BUCKET, S3Prefix="out"
    )


def virtual_cluster(session: Session) -> None:
    _, subnet = network(session)
    session.client("eks").create_cluster(
        name="cluster",
        roleArn=ROLE,
        resourcesVpcConfig={"subnetIds": [subnet]},
    )
    session.client("emr-containers").create_virtual_cluster(
        name="virtual",
        containerProvider={
            "type": "EKS",
            "id": "cluster",
            "info": {"eksInfo": {"namespace": "default"}},
        },
    )


def container_run(session: Session) -> None:
    emr = session.client("emr-containers")
    (there,) = emr.list_virtual_clusters()["virtualClusters"]
    emr.start_job_run(
        name="run",
        virtualClusterId=there["id"],
        executionRoleArn=ROLE,
        releaseLabel="emr-6.3.0-latest",
        jobDriver={"sparkSubmitJobDriver": {"entryPoint": f"s3://{BUCKET}/code.py"}},
    )


def serverless_application(session: Session) -> None:
    """With a run: moto can't list those of an application that has none."""
    session.client("emr-serverless").create_application(
        name="app", type="SPARK", releaseLabel="emr-6.6.0"
    )
    serverless_run(session)


def serverless_run(session: Session) -> None:
    emr = session.client("emr-serverless")
    (there,) = emr.list_applications()["applications"]
    emr.start_job_run(
        applicationId=there["id"],
        executionRoleArn=ROLE,
        jobDriver={"sparkSubmit": {"entryPoint": f"s3://{BUCKET}/code.py"}},
    )


def archive(session: Session) -> None:
    events = session.client("events")
    bus = events.describe_event_bus()["Arn"]
    events.create_archive(ArchiveName="archive", EventSourceArn=bus)


def replay(session: Session) -> None:
    events = session.client("events")
    bus = events.describe_event_bus()["Arn"]
    events.start_replay(
        ReplayName="replay",
        EventSourceArn=bus.replace("event-bus/default", "archive/archive"),
        EventStartTime="2026-01-01T00:00:00Z",
        EventEndTime="2026-01-02T00:00:00Z",
        Destination={"Arn": bus},
    )


def experiment_template(session: Session) -> None:
    session.client("fis").create_experiment_template(
        description="waits",
        stopConditions=[{"source": "none"}],
        actions={"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}},
        roleArn=ROLE,
    )


def experiment(session: Session) -> None:
    fis = session.client("fis")
    (there,) = fis.list_experiment_templates()["experimentTemplates"]
    fis.start_experiment(experimentTemplateId=there["id"])


def vault(session: Session) -> None:
    glacier = session.client("glacier")
    glacier.create_vault(vaultName="vault")
    glacier.upload_archive(vaultName="vault", body=b"what is kept")


def retrieval(session: Session) -> None:
    session.client("glacier").initiate_job(
        vaultName="vault", jobParameters={"Type": "inventory-retrieval"}
    )


def glue_job(session: Session) -> None:
    session.client("glue").create_job(Name="job", Role=ROLE, Command={"Name": "glueetl"})


def glue_run(session: Session) -> None:
    session.client("glue").start_job_run(JobName="job")


def workflow(session: Session) -> None:
    session.client("glue").create_workflow(Name="workflow")


def workflow_run(session: Session) -> None:
    session.client("glue").start_workflow_run(Name="workflow")


def crawler(session: Session) -> None:
    glue = session.client("glue")
    targets = {"S3Targets": [{"Path": f"s3://{BUCKET}/in"}]}
    glue.create_crawler(Name="crawler", Role=ROLE, DatabaseName="words", Targets=targets)


def crawl(session: Session) -> None:
    session.client("glue").start_crawler(Name="crawler")


def thing(session: Session) -> None:
    session.client("iot").create_thing(thingName="thing")


def iot_job(session: Session) -> None:
    iot = session.client("iot")
    target = iot.describe_thing(thingName="thing")["thingArn"]
    iot.create_job(jobId="job", targets=[target], document=json.dumps({"do": "nothing"}))


def log_group(session: Session) -> None:
    bucket(session)
    session.client("logs").create_log_group(logGroupName="group")


def log_query(session: Session) -> None:
    session.client("logs").start_query(
        logGroupName="group", startTime=1, endTime=2, queryString="fields @message"
    )


def log_export(session: Session) -> None:
    session.client("logs").create_export_task(
        logGroupName="group", fromTime=1, to=1_790_000_000_000, destination=BUCKET
    )


def organization(session: Session) -> None:
    session.client("organizations").create_organization(FeatureSet="ALL")


def member(session: Session) -> None:
    session.client("organizations").create_account(Email="member@example.com", AccountName="member")


def database(session: Session) -> None:
    session.client("rds").create_db_instance(
        DBInstanceIdentifier="database",
        DBInstanceClass="db.m5.large",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="root",
        MasterUserPassword="not-a-secret",
        BackupRetentionPeriod=1,
    )


def snapshot(session: Session) -> None:
    database(session)
    session.client("rds").create_db_snapshot(
        DBInstanceIdentifier="database", DBSnapshotIdentifier="snapshot"
    )


def snapshot_export(session: Session) -> None:
    session.client("rds").start_export_task(
        ExportTaskIdentifier="export",
        SourceArn=f"arn:aws:rds:eu-west-1:{ACCOUNT}:snapshot:snapshot",
        S3BucketName=BUCKET,
        IamRoleArn=ROLE,
        KmsKeyId="key",
    )


def blue_green(session: Session) -> None:
    session.client("rds").create_blue_green_deployment(
        BlueGreenDeploymentName="deployment",
        Source=f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:database",
    )


def domain(session: Session) -> None:
    who = {
        "FirstName": "A",
        "LastName": "B",
        "ContactType": "PERSON",
        "AddressLine1": "Street 1",
        "City": "City",
        "CountryCode": "US",
        "State": "NY",
        "ZipCode": "12345",
        "PhoneNumber": "+1.2025550123",
        "Email": "who@example.com",
    }
    session.client("route53domains").register_domain(
        DomainName="example.com",
        DurationInYears=2,
        AdminContact=who,
        RegistrantContact=who,
        TechContact=who,
    )


CLUSTER_OF_ONE = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
DATA = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in"}}
CHANNEL = {"ChannelName": "train", "DataSource": DATA}
ALGORITHM = {"TrainingImage": "image", "TrainingInputMode": "File"}
OUTPUT = {"S3OutputPath": f"s3://{BUCKET}/out"}
HOUR = {"MaxRuntimeInSeconds": 3_600}


def training(session: Session) -> None:
    session.client("sagemaker").create_training_job(
        TrainingJobName="training",
        AlgorithmSpecification=ALGORITHM,
        RoleArn=ROLE,
        InputDataConfig=[CHANNEL],
        OutputDataConfig=OUTPUT,
        ResourceConfig=CLUSTER_OF_ONE,
        StoppingCondition=HOUR,
    )


def processing(session: Session) -> None:
    session.client("sagemaker").create_processing_job(
        ProcessingJobName="processing",
        ProcessingResources={"ClusterConfig": CLUSTER_OF_ONE},
        AppSpecification={"ImageUri": "image"},
        RoleArn=ROLE,
    )


def transform(session: Session) -> None:
    session.client("sagemaker").create_transform_job(
        TransformJobName="transform",
        ModelName="model",
        TransformInput={"DataSource": DATA},
        TransformOutput=OUTPUT,
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )


def tuning(session: Session) -> None:
    session.client("sagemaker").create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="tuning",
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
        },
    )


def auto_ml(session: Session) -> None:
    session.client("sagemaker").create_auto_ml_job_v2(
        AutoMLJobName="auto",
        AutoMLJobInputDataConfig=[{"DataSource": DATA}],
        OutputDataConfig=OUTPUT,
        AutoMLProblemTypeConfig={
            "TabularJobConfig": {
                "TargetAttributeName": "y",
                "ProblemType": "Regression",
                "CompletionCriteria": {"MaxCandidates": 1},
            }
        },
        RoleArn=ROLE,
    )


def compilation(session: Session) -> None:
    session.client("sagemaker").create_compilation_job(
        CompilationJobName="compilation",
        RoleArn=ROLE,
        InputConfig={"S3Uri": f"s3://{BUCKET}/in", "Framework": "PYTORCH"},
        OutputConfig={"S3OutputLocation": f"s3://{BUCKET}/out", "TargetDevice": "ml_m5"},
        StoppingCondition=HOUR,
    )


def pipeline(session: Session) -> None:
    session.client("sagemaker").create_pipeline(
        PipelineName="pipeline", RoleArn=ROLE, PipelineDefinition="{}", ClientRequestToken="x" * 32
    )


def pipeline_run(session: Session) -> None:
    session.client("sagemaker").start_pipeline_execution(PipelineName="pipeline")


def namespace(session: Session) -> None:
    session.client("servicediscovery").create_http_namespace(Name="names")


def command(session: Session) -> None:
    session.client("ssm").send_command(
        DocumentName="AWS-RunShellScript",
        InstanceIds=["i-0123456789abcdef0"],
        Parameters={"commands": ["true"]},
    )


def state_machine(session: Session) -> None:
    states = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    session.client("stepfunctions").create_state_machine(
        name="machine", definition=json.dumps(states), roleArn=ROLE
    )


def the_state_machine(session: Session, name: str) -> Mapping[str, str]:
    machines = session.client("stepfunctions").list_state_machines()["stateMachines"]
    (arn,) = (each["stateMachineArn"] for each in machines if each["name"] == name)
    return {"stateMachineArn": arn}


def execution(session: Session) -> None:
    session.client("stepfunctions").start_execution(
        **the_state_machine(session, "machine"), name="execution"
    )


def swf_domain(session: Session) -> None:
    swf = session.client("swf")
    swf.register_domain(name="domain", workflowExecutionRetentionPeriodInDays="1")
    swf.register_workflow_type(
        domain="domain",
        name="type",
        version="1",
        defaultTaskList={"name": "list"},
        defaultChildPolicy="TERMINATE",
        defaultTaskStartToCloseTimeout="60",
        defaultExecutionStartToCloseTimeout="60",
    )


def swf_execution(session: Session) -> None:
    session.client("swf").start_workflow_execution(
        domain="domain", workflowId="flow", workflowType={"name": "type", "version": "1"}
    )


def closed_swf_execution(session: Session) -> None:
    swf_execution(session)
    session.client("swf").terminate_workflow_execution(domain="domain", workflowId="flow")


def transcription(session: Session) -> None:
    """Moto gives a job its first status when it is asked for it."""
    transcribe = session.client("transcribe")
    transcribe.start_transcription_job(
        TranscriptionJobName="talk",
        LanguageCode="en-US",
        MediaFormat="mp3",
        Media={"MediaFileUri": f"s3://{BUCKET}/talk.mp3"},
    )
    transcribe.get_transcription_job(TranscriptionJobName="talk")


def medical_transcription(session: Session) -> None:
    transcribe = session.client("transcribe")
    transcribe.start_medical_transcription_job(
        MedicalTranscriptionJobName="talk",
        LanguageCode="en-US",
        MediaFormat="mp3",
        Media={"MediaFileUri": f"s3://{BUCKET}/talk.mp3"},
        OutputBucketName=BUCKET,
        Specialty="PRIMARYCARE",
        Type="CONVERSATION",
    )
    transcribe.get_medical_transcription_job(MedicalTranscriptionJobName="talk")


def unknown_queries(session: Session) -> Any:
    athena = session.client("athena")
    there = athena.start_query_execution(
        QueryString="SELECT 1", ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/out"}
    )
    return athena.batch_get_query_execution(QueryExecutionIds=[there["QueryExecutionId"]])


def assessment(session: Session) -> Any:
    hub = session.client("resiliencehub")
    app = hub.create_app(name="app")["app"]["appArn"]
    return hub.start_app_assessment(appArn=app, appVersion="release", assessmentName="one")


MAPPER = json.dumps(
    {
        "StartAt": "Map",
        "States": {
            "Map": {
                "Type": "Map",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "Item",
                    "States": {"Item": {"Type": "Wait", "Seconds": 60, "End": True}},
                },
                "End": True,
            }
        },
    }
)
"""A state machine whose items take long: Map Runs are found while their execution runs."""


def mapper(session: Session) -> None:
    session.client("stepfunctions").create_state_machine(
        name="mapper", definition=MAPPER, roleArn=ROLE
    )


def map_run(session: Session) -> str:
    began = session.client("stepfunctions").start_execution(
        **the_state_machine(session, "mapper"), input="[1, 2]"
    )
    return str(began["executionArn"])


def unknown_map_runs(session: Session) -> Any:
    mapper(session)
    return session.client("stepfunctions").list_map_runs(executionArn=map_run(session))


JOBS: Mapping[str, tuple[Make | None, Make]] = {
    "batch.jobs": (job_queue, batch),
    "bedrock.model-customization-jobs": (bucket, customize),
    "cloudformation.stack-set-operations": (stack_set, stack_instances),
    "cloudfront.invalidations": (distribution, invalidation),
    "codebuild.builds": (project, build),
    "codedeploy.deployments": (application, deployment),
    "codepipeline.pipeline-executions": (code_pipeline, code_pipeline_execution),
    "comprehend.document-classification-jobs": (
        None,
        comprehend("start_document_classification_job", DocumentClassifierArn=CLASSIFIER),
    ),
    "comprehend.dominant-language-detection-jobs": (
        None,
        comprehend("start_dominant_language_detection_job"),
    ),
    "comprehend.entities-detection-jobs": (
        None,
        comprehend("start_entities_detection_job", LanguageCode="en"),
    ),
    "comprehend.events-detection-jobs": (
        None,
        comprehend("start_events_detection_job", LanguageCode="en", TargetEventTypes=["MERGER"]),
    ),
    "comprehend.key-phrases-detection-jobs": (
        None,
        comprehend("start_key_phrases_detection_job", LanguageCode="en"),
    ),
    "comprehend.pii-entities-detection-jobs": (
        None,
        comprehend("start_pii_entities_detection_job", LanguageCode="en", Mode="ONLY_OFFSETS"),
    ),
    "comprehend.sentiment-detection-jobs": (
        None,
        comprehend("start_sentiment_detection_job", LanguageCode="en"),
    ),
    "comprehend.targeted-sentiment-detection-jobs": (
        None,
        comprehend("start_targeted_sentiment_detection_job", LanguageCode="en"),
    ),
    "comprehend.topics-detection-jobs": (None, comprehend("start_topics_detection_job")),
    "dms.replication-tasks": (None, replication_task),
    "dynamodb.exports": (table, table_export),
    "ec2.volumes-modifications": (volume, volume_modification),
    "ecs.stopped-tasks": (task_definition, stopped_task),
    "ecs.tasks": (task_definition, task),
    "emr-containers.job-runs": (virtual_cluster, container_run),
    "emr-serverless.job-runs": (serverless_application, serverless_run),
    "emr.steps": (emr_cluster, emr_step),
    "events.replays": (archive, replay),
    "fis.experiments": (experiment_template, experiment),
    "glacier.jobs": (vault, retrieval),
    "glue.crawls": (crawler, crawl),
    "glue.job-runs": (glue_job, glue_run),
    "glue.workflow-runs": (workflow, workflow_run),
    "iot.jobs": (thing, iot_job),
    "logs.export-tasks": (log_group, log_export),
    "logs.queries": (log_group, log_query),
    "organizations.create-account-status": (organization, member),
    "rds.blue-green-deployments": (database, blue_green),
    "rds.export-tasks": (snapshot, snapshot_export),
    "route53domains.operations": (None, domain),
    "sagemaker.auto-ml-jobs": (None, auto_ml),
    "sagemaker.compilation-jobs": (None, compilation),
    "sagemaker.hyper-parameter-tuning-jobs": (None, tuning),
    "sagemaker.pipeline-executions": (pipeline, pipeline_run),
    "sagemaker.processing-jobs": (None, processing),
    "sagemaker.training-jobs": (None, training),
    "sagemaker.transform-jobs": (None, transform),
    "servicediscovery.operations": (None, namespace),
    "ssm.commands": (None, command),
    "stepfunctions.executions": (state_machine, execution),
    "swf.closed-workflow-executions": (swf_domain, closed_swf_execution),
    "swf.open-workflow-executions": (swf_domain, swf_execution),
    "transcribe.medical-transcription-jobs": (None, medical_transcription),
    "transcribe.transcription-jobs": (None, transcription),
}
"""By source: what makes what its jobs live in, and what begins a job."""
NAMED: Mapping[str, Callable[[Session], Mapping[str, str]]] = {"emr.steps": the_emr_cluster}
"""What a watch names of what was made, as its source has to be told in what to look."""
OWN_WORDS = {
    "cloudfront.invalidations": "COMPLETED",
    "iot.jobs": "QUEUED",
    "rds.export-tasks": "complete",
}
"""The status that moto tells where AWS has no such one: the job reaches the bus as UNKNOWN."""
UNFILTERED = frozenset(
    name
    for name in JOBS
    if name.split(".")[0] in {"comprehend", "emr-containers", "emr-serverless"}
)
"""Sources whose jobs moto can't list since a time: it compares that with a time of another type."""
LISTED_WITH: Mapping[str, Mapping[str, str]] = {
    "dynamodb.exports": {"TableArn": TABLE},
    "logs.queries": {"logGroupName": "group"},
    "rds.blue-green-deployments": {},
}
"""With what else moto is asked for the jobs of sources that it can't list as they say.

It wants to be told the table or the log group, or takes no size of a page.
"""


LACKING: Mapping[str, Callable[[Session], Any]] = {
    "athena.query-executions": unknown_queries,
    "resiliencehub.app-assessments": assessment,
    "stepfunctions.map-runs": unknown_map_runs,
}
"""By source of which moto can't have a job that is read: what asks for one, up to what fails."""
