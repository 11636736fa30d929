"""Texts that quote secrets, in every way that a service may, and such as only look like it."""

import json

KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"
ID = "AKIA" + "IOSFODNN7EXAMPLE"
SMTP = "BLp9aK2mN4q" + "R7sT5vW8xY1zC3dF6gH0jK2lM4nP" + "hunter"
TOKEN = "IQoJb3JpZ2luX2VjE" + "Xk9" * 30 + "=="
SIGNED = (
    f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={ID}%2F20261122%2Fus-east-1%2Fs3"
    "%2Faws4_request&X-Amz-Signature=5ec4e7f00d5ec4e7"
)
URL = f"https://bucket.s3.amazonaws.com/key.csv{SIGNED}"
QUOTED = "https%3A%2F%2Fbucket.s3.amazonaws.com%2Fkey%3FX-Amz-Signature%3D5ec4e7f00d5ec4e7"
SECRETS = ("5ec4e7f00d", KEY, SMTP, KEY.replace("/", "%2F"), ID, TOKEN[:40], "hunter2")
TEXTS = {
    "a signed URL": f"could not read {URL} twice",
    "in upper case": f"could not read {URL.replace('https', 'HTTPS')}",
    "in parentheses": f"could not read ({URL})",
    "in angle brackets": f"could not read <{URL}>",
    "in quotes": f"could not read '{URL}', {URL!r}",
    "in JSON": json.dumps({"url": URL, "header": {"x-api-key": "hunter2"}}),
    "in JSON in JSON": json.dumps(json.dumps({"url": URL, "SecretAccessKey": KEY})),
    "with escaped slashes": "see https:\\/\\/b\\/k?X-Amz-Signature=5ec4e7f00d5ec4e7\\u0026a=b",
    "with escaped ampersands": URL.replace("&", "\\u0026").replace("=", "\\u003d"),
    "as HTML": f'<a href="{URL.replace("&", "&amp;")}">file</a>',
    "percent-encoded": f"redirect={QUOTED} failed",
    "percent-encoded twice": f"redirect={QUOTED.replace('%', '%25')} failed",
    "without its host": f"GET /key.csv{SIGNED} HTTP/1.1",
    "a fragment": "https://app/callback#access_token=5ec4e7f00d5ec4e7",
    "a password in a URL": "postgresql://reader:hunter2@db.example:5432/jobs is down",
    "a percent-encoded password": "https%3A%2F%2Freader:hunter2@db.example%2F is down",
    "a key's id": f"The key {ID} is not allowed",
    "a temporary key's id": f"The key {ID} and ASIA{ID[4:]} are not allowed".replace(ID, "-"),
    "a secret key": f"aws_secret_access_key = {KEY}",
    "a secret key in camel case": f"secretAccessKey: '{KEY}', x",
    "credentials": f"[default]\naws_access_key_id={ID}\naws_secret_access_key={KEY}\n",
    "an environment": f"env AWS_SECRET_ACCESS_KEY={KEY} AWS_SESSION_TOKEN={TOKEN} run",
    "a session token": f"the token {TOKEN} has expired",
    "a session token's header": f"x-amz-security-token:{TOKEN}\nhost:s3",
    "a canonical request": f"GET\n/\nhost:s3\nx-amz-security-token:{TOKEN}\n\nhost;x-amz-date",
    "an authorization header": (
        f"Authorization: AWS4-HMAC-SHA256 Credential={ID}/20261122/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=5ec4e7f00d5ec4e7"
    ),
    "a bearer": "Authorization: Bearer hunter2hunter2hunter2",
    "a lower bearer": "sent {'authorization': 'bearer hunter2hunter2hunter2'}",
    "a bearer alone": "refused: Bearer 5ec4e7f00d5ec4e75ec4e7f00d",
    "basic": "Authorization: Basic aHVudGVyMjpodW50ZXIy hunter2",
    "a digest": 'Authorization: Digest username="u", response="hunter2"',
    "an API key": "x-api-key: hunter2",
    "an API key in a query": "/prod/jobs?apiKey=hunter2&page=2",
    "a cookie": "Set-Cookie: session=hunter2; Path=/",
    "a router's key": "refused: sk-or-v1-" + "5ec4e7f00d5ec4e7" * 4,
    "a tracer's key": "refused: sk-lf-5ec4e7f0-0d5e-c4e7-f00d-5ec4e7f00d5e",
    "a key of nobody's": "refused: sk-None-5ec4e7f00d5ec4e7f00d5ec4e7",
    "a password": "user=reader;password=hunter2;database=jobs",
    "a quoted password": '{"password": "hunter2, and more"}',
    "a password of two words": "password='correct hunter2'",
    "a web token": "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.5ec4e7f00d5ec4e7 expired",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
    "half a private key": "-----BEGIN PRIVATE KEY-----\nhunter2 5ec4e7f00d",
    "a client secret": "client_secret=hunter2&grant_type=x",
    "a SAS": "https://account.blob.core.windows.net/c/b?sv=2022&sig=hunter2",
    "a Google URL": "https://storage.googleapis.com/b/o?X-Goog-Signature=5ec4e7f00d5ec4e7",
    "an old signed URL": f"https://b.s3.amazonaws.com/k?AWSAccessKeyId={ID}&Signature=hunter2",
    "at the end of a long text": "x " * 30_000 + URL,
    "where a long text is cut": "x" * 960 + " " + URL + " " + KEY.join(["secret_key=", " end"]),
    "a key's two halves": f"refused: {ID} {KEY}",
    "the halves with a colon": f"curl --user {ID}:{KEY} failed",
    "the halves in a table": f"Access key ID,Secret access key\n{ID},{KEY}\n",
    "the halves in JSON": json.dumps([ID, KEY]),
    "the halves with a slash": f"{ID}/{KEY}",
    "the halves, turned round": f"{KEY} is of {ID}",
    "the halves, percent-encoded": f"{ID}%3A{KEY.replace('/', '%2F')}",
    "a password of SES": f"{ID} {SMTP}",
    "a slash in a URL's password": "postgresql://reader:5ec4e7f00d/hunter2@db.example/jobs is down",
    "an at in a URL's password": "https://reader:5ec4e7f00d@hunter2@db.example/jobs is down",
    "both in a URL's password": "mysql://reader:5ec4e7f00d@a/hunter2@db.example/jobs is down",
    "other marks in a URL's password": "https://reader:5ec4e7f00d?a#hunter2@db.example is down",
    "a quote in a URL's password": "https://reader:5ec4e7f00d's'hunter2@db.example is down",
    "a URL's password, percent-encoded": "https%3A%2F%2Freader%3Ahunter2%40db.example%2F is down",
    "a comma in a password": "password=5ec4e7f00d,hunter2 was refused",
    "a semicolon in a password": "user=reader;password=5ec4e7f00d;hunter2;database=jobs",
    "an argument": "python job.py --db_password hunter2 --day 1",
    "an element": "<Credentials><SecretAccessKey>hunter2</SecretAccessKey></Credentials>",
    "a bearer of another header": "x-auth-token: Bearer hunter2",
    "where looking ends": "word " * 795 + f"see {URL}",
}
HARMLESS = [
    "glue-nightly-contact-imports-2026",
    "arn:aws:glue:eu-west-1:111122223333:job/global-customers-reimport-2026-11-29",
    "sk-contacts-reimport-2026-11-29",
    "sk-Contacts-Reimport-Of-2026-11-29",
    "APAC20261129",
    "AKCustomerImport2026",
    "The file has a malformed row",
    "s3://bucket/what?is#this.csv",
    "https://docs.aws.amazon.com/ses/latest/dg/import.html",
    "arn:aws:dataexchange:eu-west-1:111122223333:jobs/8a4f",
    "Unexpected token: EOF at line 7",
    "column secretary: expected text, found 12",
    "Access denied for arn:aws:iam::111122223333:role/jobs (basic authentication)",
    "password must not be empty",
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf was not found",
    "no access to arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/password-AbCdEf: ask",
    "arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db_password: not found",
    "SecretArn: arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:prod/db-AbCdEf",
    "https://medium.com/@reader/a-story",
    "http://localhost:8443/reader@example.com/jobs",
    "s3://bucket/a:b@c.csv",
    "commit 1d0f8a3e5b2c4d6e7f8091a2b3c4d5e6f708192a of 2026-11-22",
    "reader@example.com wrote: the key is missing",
]
