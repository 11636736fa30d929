"""A poller of a hundred lines that keeps most promises as long as little goes wrong."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from lambdas.apis.jobs import read_job
from lambdas.apis.paths import path
from lambdas.model import Scope


class Naive:
    def __init__(self, world, plan, seconds):
        self.w, self.plan, self.seconds = world, plan, seconds
        self.now = world.clock.date()

    def poll(self, watch, account, region):
        scopes = [{}] if not watch.jobs else [{}]
        for parent in watch.source.parents:
            found = []
            for parameters in scopes:
                scope = self.scope(watch, account, region, parameters)
                health = self.health(scope)
                try:
                    ids = [i[parent.id] for i in self.items(scope, parent.listing)]
                except Exception as e:
                    if not isinstance(e, self.errors()): raise
                    self.failed(scope, health, e)
                    ids = health.get("children", [])
                    found += [{**parameters, parent.parameter: i} for i in ids]
                    continue
                old = health.get("children", [])
                self.well(scope, health, children=sorted(set(ids) | set(old)))
                for i in sorted(set(ids) | set(old)):
                    child = self.scope(watch, account, region, {**parameters, parent.parameter: i})
                    if not self.health(child).get("version"):
                        after = bool(health.get("read"))
                        q = health["began"] if after else None
                        self.put(child, "scope", {"health": {"version": 1, "began": self.now.isoformat(), "quiet": q}}, 1)
                found += [{**parameters, parent.parameter: i} for i in sorted(set(ids) | set(old))]
            scopes = found
        for parameters in scopes:
            self.visit(self.scope(watch, account, region, parameters), watch)

    def errors(self):
        from botocore.exceptions import BotoCoreError
        return (ClientError, BotoCoreError, ValueError)

    def scope(self, watch, account, region, parameters):
        return Scope(watch.name, watch.source.name, account, region, parameters)

    def items(self, scope, listing):
        client = self.w.client(scope, self.seconds)
        takes = getattr(listing, "takes", None) or getattr(listing, "needs", ())
        parameters = {n: scope.parameters[n] for n in takes}
        found, token, tokens = [], None, set()
        for _ in range(200):
            more = {listing.token.send: token} if token else {}
            page = getattr(client, xform_name(listing.operation))(**parameters, **more)
            found += path(listing.items)(page) or []
            token = path(listing.token.read)(page)
            if not token:
                return found
            if token in tokens:
                raise ValueError("again")
            tokens.add(token)
        raise ValueError("endless")

    def get(self, scope, source, job_id):
        client = self.w.client(scope, self.seconds)
        takes = getattr(source.get, "takes", None) or getattr(source.get, "needs", ())
        try:
            answer = getattr(client, xform_name(source.get.operation))(**{n: scope.parameters[n] for n in takes}, **{source.get.id: job_id})
        except ClientError as e:
            if e.response["Error"]["Code"] in source.get.missing:
                return None
            raise
        return read_job(source, path(source.get.item)(answer))

    def pk(self, scope):
        return f"{scope.watch}#{scope.source}{scope.account}{scope.region}{sorted(scope.parameters.items())}"

    def read(self, scope, sk):
        item = self.w.table.get_item(TableName="seen", Key={"pk": {"S": self.pk(scope)}, "sk": {"S": sk}}, ConsistentRead=True).get("Item")
        return json.loads(item["body"]["S"]) if item else {}

    def health(self, scope):
        return self.read(scope, "scope").get("health", {})

    def put(self, scope, sk, body, version, announce=None, detail=None, expires=None):
        item = {"pk": {"S": self.pk(scope)}, "sk": {"S": sk}, "version": {"N": str(version)}, "body": {"S": json.dumps(body)}}
        if announce:
            item["announce"] = {"S": announce}
            item["detail"] = {"S": json.dumps(detail)}
        if expires:
            item["expires_at"] = {"N": str(int(expires.timestamp()))}
        condition = {"ConditionExpression": "attribute_not_exists(pk)"}
        if version > 1:
            condition = {"ConditionExpression": "#version = :read", "ExpressionAttributeNames": {"#version": "version"}, "ExpressionAttributeValues": {":read": {"N": str(version - 1)}}}
        try:
            self.w.table.put_item(TableName="seen", Item=item, **condition)
        except ClientError as e:
            if e.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def base(self, scope, what):
        i = hashlib.sha256(json.dumps([self.pk(scope), what, self.now.isoformat()]).encode()).hexdigest()[:32]
        return {"id": i, "watch": scope.watch, "source": scope.source, "account": scope.account, "region": scope.region, "parameters": scope.parameters, "observed_at": self.now.isoformat()}

    def failed(self, scope, health, error):
        health = {**health, "failures": health.get("failures", 0) + 1, "version": health.get("version", 0) + 1}
        health.setdefault("began", self.now.isoformat())
        announce = detail = None
        if health["failures"] >= 3 and not health.get("lost"):
            health["lost"], announce = True, "Watch Unreachable"
            detail = {**self.base(scope, [health["version"]]), "status": "UNREACHABLE", "since": None, "error": {"code": str(error)[:50], "message": ""}}
        self.put(scope, "scope", {"health": health}, health["version"], announce, detail)

    def well(self, scope, health, **more):
        announce = detail = None
        if health.get("lost"):
            announce, detail = "Watch Recovered", {**self.base(scope, [health["version"] + 1]), "status": "OK", "since": None, "error": None}
        after = {"began": self.now.isoformat(), **health, "failures": 0, "lost": False, "read": health.get("read") or self.now.isoformat(), "version": health.get("version", 0) + 1, **more}
        self.put(scope, "scope", {"health": after}, after["version"], announce, detail)

    def visit(self, scope, watch):
        source, health = watch.source, self.health(scope)
        query = {"KeyConditionExpression": "pk = :pk AND begins_with(sk, :job)", "ExpressionAttributeValues": {":pk": {"S": self.pk(scope)}, ":job": {"S": "job#"}}, "ConsistentRead": True}
        known = {}
        for page in self.w.table.get_paginator("query").paginate(TableName="seen", **query):
            for item in page["Items"]:
                known[item["sk"]["S"][4:]] = json.loads(item["body"]["S"])
        seen, gone, error = {}, [], None
        try:
            if watch.jobs is None:
                for item in self.items(scope, source.listing):
                    job = read_job(source, item)
                    if job:
                        seen[job.id] = job
                for job_id, job in list(seen.items()):
                    k = known.get(job_id)
                    if job.terminal and source.get_completes and (k is None or k["raw"] != job.raw_status):
                        seen[job_id] = self.get(scope, source, job_id) or job
                asked = [i for i, k in known.items() if i not in seen and not k["ended"]]
            else:
                asked = [i for i in watch.jobs if not known.get(i, {}).get("ended")]
        except Exception as e:
            if not isinstance(e, self.errors()): raise
            return self.failed(scope, health, e)
        for job_id in asked:
            try:
                job = self.get(scope, source, job_id)
            except Exception as e:
                if not isinstance(e, self.errors()): raise
                error = e
                continue
            if job is None:
                gone.append(job_id)
            else:
                seen[job_id] = job
        for job in seen.values():
            self.job(scope, watch, health, known.get(job.id), job)
        for job_id in gone:
            k = known.get(job_id)
            if k and not k["ended"]:
                if not k.get("missing"):
                    self.put(scope, "job#" + job_id, {**k, "missing": True, "version": k["version"] + 1}, k["version"] + 1)
                else:
                    self.tell(scope, k, job_id, "NOT_FOUND", "UNKNOWN", "Job Status Change", None)
        if error:
            return self.failed(scope, health, error)
        self.well(scope, health)

    def job(self, scope, watch, health, k, job):
        aged = job.terminal and (job.ended_at or job.created_at or self.now) < self.now - timedelta(seconds=self.plan.retention)
        progress = [job.progress.processed, job.progress.failed]
        run = [str(job.created_at), str(job.ended_at)]
        if k is None:
            if aged:
                return
            news = bool(health.get("read"))
            if health.get("quiet"):
                news = news or job.created_at is None or job.created_at.isoformat() >= health["quiet"]
            self.tell(scope, None, job.id, job.raw_status, job.status, "Job Status Change" if news else None, job)
        elif job.raw_status is None:
            return
        elif k["raw"] != job.raw_status or k["status"] != job.status or (job.created_at and k["run"][0] != run[0]) or (job.ended_at and k["run"][1] != run[1]):
            self.tell(scope, k, job.id, job.raw_status, job.status, "Job Status Change", job)
        elif not k["ended"] and k["progress"] != progress:
            self.tell(scope, k, job.id, job.raw_status, job.status, None, job)
        elif not k["ended"] and watch.stalled_after and not k.get("stalled") and (self.now.timestamp() - k["moved"]) >= watch.stalled_after:
            self.tell(scope, k, job.id, job.raw_status, job.status, "Job Stalled", job, stalled=True)
        elif k.get("missing"):
            self.put(scope, "job#" + job.id, {**k, "missing": False, "version": k["version"] + 1}, k["version"] + 1)

    def tell(self, scope, k, job_id, raw, status, announce, job, stalled=False):
        version = (k["version"] if k else 0) + 1
        ended = status in ("SUCCEEDED", "FAILED", "PARTIAL", "CANCELLED") or raw == "NOT_FOUND"
        body = {"raw": raw, "status": status, "version": version, "ended": ended, "stalled": stalled, "moved": k["moved"] if stalled else self.now.timestamp(),
                "progress": [job.progress.processed, job.progress.failed] if job else None, "run": [str(job.created_at), str(job.ended_at)] if job else None}
        expires = (job.ended_at if job and job.ended_at and job.ended_at < self.now else self.now) + timedelta(seconds=self.plan.retention) if ended else None
        detail = {**self.base(scope, [job_id, version]), "job_id": job_id, "job_arn": None, "raw_status": raw, "status": status, "previous_raw_status": k["raw"] if k else None,
                  "previous_status": k["status"] if k else None, "terminal": ended, "created_at": str(job.created_at) if job else None, "ended_at": job.ended_at.isoformat() if job and job.ended_at else None}
        self.put(scope, "job#" + job_id, body, version, announce, detail, expires)
