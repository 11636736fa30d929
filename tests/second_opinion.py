"""Secrets as detect-secrets' plugins know them, by the name that each plugin gives its kind.

Each is written in two halves, so that no scanner of repositories takes it for a real one.
"""

import base64
import json
from collections.abc import Iterable

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

LETTERS = "abcdefghijklmnopqrstuvwxyz"
MIXED = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3kL5mN7pQ9rS1tU3vW5xY7zB9cD1eF3gH5j"
HEX = "0123456789abcdef" * 4
PATCHY = {"Base64 High Entropy String", "Hex High Entropy String", "Public IP (ipv4)"}
"""What is no secret in itself: any id looks like it."""


def _web_token() -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": "hunter2", "name": "reader"})
    coded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*coded, MIXED[:43]])


SAMPLES: dict[str, list[str]] = {
    "AWS Access Key": [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ASIA" + "IOSFODNN7EXAMPLE",
        "ABIA" + "IOSFODNN7EXAMPLE",
        f'aws_key = "{MIXED[:40]}"',
        f'aws_secret_access_key = "{MIXED[:40]}"',
    ],
    "Artifactory Credentials": ["AKC" + MIXED[:20], "APB" + MIXED[:20]],
    "Azure Storage Account access key": ["AccountKey=" + (MIXED * 2)[:86] + "=="],
    "Basic Auth Credentials": ["https://reader:" + "hunter2@db.example/x"],
    "Cloudant Credentials": [
        f"cloudant_password={HEX}",
        f"cloudant_apikey: {LETTERS[:24]}",
        f"https://reader:{HEX}@reader.cloudant.com",
    ],
    "Discord Bot Token": ["M" + MIXED[:23] + "." + MIXED[:6] + "." + MIXED[:27]],
    "GitHub Token": [f"gh{kind}_" + MIXED[:36] for kind in "pours"],
    "GitLab Token": [
        "glpat-" + MIXED[:20],
        "glrt-" + MIXED[:20],
        "GR1348941" + MIXED[:20],
        "glcbt-a1_" + MIXED[:20],
        "glptt-" + MIXED[:40],
        "gloas-" + MIXED[:64],
    ],
    "IBM COS HMAC Credentials": [f"cos_hmac_secret_access_key={HEX[:48]}"],
    "IBM Cloud IAM Key": [
        f"ibm_cloud_iam_api_key={MIXED[:44]}",
        f"cloud_iam_token: {MIXED[:44]}",
        f"ibm-password={MIXED[:44]}",
    ],
    "JSON Web Token": [_web_token()],
    "Mailchimp Access Key": [HEX[:32] + "-us12"],
    "NPM tokens": [
        "//registry.npmjs.org/:_authToken=npm_" + MIXED[:36],
        "//registry.npmjs.org/:_authToken=01234567-89ab-cdef-0123-456789abcdef",
    ],
    "OpenAI Token": ["sk-" + MIXED[:20] + "T3BlbkFJ" + MIXED[:20]],
    "Private Key": [
        f"-----BEGIN {kind}-----\n{MIXED}\n-----END {kind}-----"
        for kind in ("RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "PRIVATE KEY")
    ]
    + ["PuTTY-User-Key-File-2: ssh-rsa\n" + MIXED],
    "PyPI Token": ["pypi-AgEIcHlwaS5vcmc" + MIXED[:72]],
    "Secret Keyword": [
        f'{name} = "{MIXED[:12]}"'
        for name in ("api_key", "db_pass", "key_pass", "private_key", "client_key", "contraseña")
    ]
    + [f'"password": "{MIXED[:12]}"', f"secret => '{MIXED[:12]}'"],
    "SendGrid API Key": ["SG." + MIXED[:22] + "." + MIXED[:43]],
    "Slack Token": [
        "xoxb-" + "1234-5678-" + MIXED[:20],
        "https://hooks.slack.com/" + "services/T0001/B0001/" + MIXED[:20],
    ],
    "SoftLayer Credentials": [
        f"softlayer_api_key={HEX}",
        f"sl_password: {HEX}",
        f"https://api.softlayer.com/soap/v3.1/{HEX}",
    ],
    "Square OAuth Secret": ["sq0csp-" + MIXED[:43]],
    "Stripe Access Key": ["sk_live_" + MIXED[:24], "rk_live_" + MIXED[:24]],
    "Telegram Bot Token": ["123456789:" + MIXED[:35]],
    "Twilio API Key": ["AC" + HEX[:32], "SK" + HEX[:32]],
}


def kinds() -> set[str]:
    """Name the kinds of secrets that any plugin knows."""
    return set(get_mapping_from_secret_type_to_class()) - PATCHY


def found(kind: str, text: str) -> Iterable[str]:
    """Give the secrets of a kind that its plugin finds in a text."""
    plugin = get_mapping_from_secret_type_to_class()[kind]()
    return [found for line in text.splitlines() for found in plugin.analyze_string(line)]
