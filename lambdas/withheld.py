r"""Withholding what would let a reader act as someone: signed URLs, keys, passwords, tokens.

It is best effort, and it costs time in proportion to a text's length: what may repeat in a pattern
is either bounded by a number or can't begin anew inside itself. A name is matched whole and once
(`(?<![\w-])…[\w-]++`), and what belongs to a URL never reaches into the next one.
"""

import re

WITHHELD = "[withheld]"
LOOKED_AT = 4_000
"""Characters of a text that are looked at, at most: more than ever travels."""

# What separates, also as it is escaped in JSON, in a URL, or in a URL inside another one.
_COLON = r"(?::|%(?:25)*3A)"
_SLASH = r"(?:\\*/|%(?:25)*2F)"
_AT = r"(?:@|%(?:25)*40)"
_QUERY = r"(?:[?#]|%(?:25)*(?:3F|23)|\\u003f)"
_EQUALS = r"(?:=|%(?:25)*3D|\\u003d)"
_AUTHORITY = rf"{_COLON}{_SLASH}{{2}}"

_WORD_QUOTE = r"(?<=\w)[\"'<>](?=\w)"
"""A quote inside a word belongs to it; another one ends it."""

# ://user:password@ and ://token@. A port is no password; a password goes on to the last @.
_USER = rf"(?:(?!{_COLON}|{_SLASH}|{_AT})[^\s?#'\"<>\[])*"
_PORT = rf"\d{{1,5}}(?:{_SLASH}|{_QUERY})"
_PASSWORD = rf"(?:(?!{_AUTHORITY})(?:[^\s'\"<>]|{_WORD_QUOTE}))*"
_USERINFO = re.compile(
    rf"({_AUTHORITY}){_USER}(?:{_COLON}(?!{_PORT}){_PASSWORD})?{_AT}", re.IGNORECASE
)

# jdbc:oracle:thin:user/password@: the one that stands behind no //.
_ORACLE = re.compile(
    rf"(jdbc{_COLON}oracle{_COLON}\w{{1,9}}{_COLON}[^\s/@'\"\\%]{{0,128}}{_SLASH})"
    rf"[^\s'\"]{{1,128}}{_AT}",
    re.IGNORECASE,
)

# The query of a web address, which is where signed ones keep their keys.
_ADDRESS = rf"https?{_AUTHORITY}(?:(?!{_AUTHORITY}|{_QUERY})[^\s'\"<>])*"
_QUERIES = re.compile(rf"({_ADDRESS}){_QUERY}[^\s'\"<>]*", re.IGNORECASE)

# Names of what is secret: one of these words, whatever stands before it, hardly anything after.
_OWNERS = (
    r"access|account|admin|api|auth|aws|bearer|bot|client|cloud|cloudant|csrf|customer|database|db|"
    r"deploy|github|iam|ibm|id|key|master|priv|private|refresh|root|secret|security|service|"
    r"session|shared|signing|slack|softlayer|user|vault"
)
_OWNED = rf"(?:{_OWNERS})[_-]?(?:key(?:[_-]?id)?|pass|pw|token)"
_PHRASES = r"pass(?:wd|word|phrase|code)|pwd|contrase[nñ]a"
_WORDS = rf"signature|authorization|cookie|credentials?|secret|{_PHRASES}|{_OWNED}"
_SUFFIX = r"(?:s|\d{1,4}|id|string|text|value)?(?:[_-]|(?![\w-]))"
_NAME = rf"(?<![\w-])(?=[\w-]*?(?:(?:{_WORDS}){_SUFFIX}|x-amz-\w))[\w-]++"
_NAMES = re.compile(_NAME, re.IGNORECASE)
# Hadoop's and Spark's, in which dots stand: fs.s3a.secret.key, fs.azure.account.key.<host>.
_DOTTED = (
    r"(?<![\w-])(?:(?:secret(?:\.access)?|account|encryption)\.key|session\.token|azure\.sas)"
    r"(?:\.[\w-]++){0,9}"
)
_DOTTED_END = re.compile(rf"{_DOTTED}\Z", re.IGNORECASE)

# Values: in quotes up to the same quote, or a word; a mark in it belongs to it unless a new
# name=… follows. What a name in an ARN says is no secret.
_QUOTED = r"(?P<quote>\\{0,7}[\"'])[\s\S]*?(?:(?<!\\)(?P=quote)|\Z)"
_NEW_NAME = r"[\w.-]*+\s*[=:]|[\s\"'\\]|\Z"
_BARE = rf"(?:(?:basic|bearer|token)\s+)?(?:[^\s&\"',;]|{_WORD_QUOTE}|[&,;](?!{_NEW_NAME}))+"
_VALUE = rf"(?!\\*[\"']?arn:aws)(?:{_QUOTED}|{_BARE})"
_IS = rf"(?:\\u003d|\\*+[\"'`\]]?\s*+(?:{_EQUALS}|:){{1,3}}>?\s*)"
_ARN = r"arn:aws[\w-]*:[\w-]*:[\w-]*:\d*:(?:secret:)?[\w/+.@-]++(?!\s*=)"
_NAMED = re.compile(rf"(?P<arn>{_ARN})|(?P<name>(?:{_DOTTED}|{_NAME}){_IS}){_VALUE}", re.IGNORECASE)
_FLAGS = re.compile(rf"(?P<name>(?<![\w-])(?=--){_NAME}\s+)(?!-){_VALUE}", re.IGNORECASE)
_ELEMENTS = re.compile(rf"(<(?:\w{{1,20}}:)?{_NAME}[^<>]*>)[^<]+", re.IGNORECASE)
_HEADERS = re.compile(r"((?:authorization|cookie)\s*[:=]\s*)[^\r\n]+", re.IGNORECASE)

_MARKS = re.compile(r"[@%:=<\\]|--")
"""One of these is in all that the patterns above find, and none in most texts."""

# The ids of AWS's access keys, and what stands beside one: a secret key of 40 characters, or the
# password of 44 that SES makes of it.
_KEY_IDS = re.compile(r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[A-Z0-9]{16}")
_KEY_LIKE = re.compile(r"(?<![\w/+])(?:[A-Za-z0-9/+=]|\\/|%(?:25)*(?:2[BF]|3D)){40,45}(?![\w/+=])")

_SHAPES = re.compile(
    r"""
    \b(?:FQoG|FwoG|IQoJ)[\w+/=%-]{40,}                       # AWS: session tokens
    | (?<![\w-])eyJ[\w-]{8,}+=*+\.[\w-]{8,}+=*+(?:\.[\w+/=-]*)?  # JSON web tokens
    | \b(?:[Bb]asic|[Bb]earer)\s+[\w+/=.~-]{16,}
    | -----BEGIN\ [A-Z0-9 ]*PRIVATE\ KEY.*?(?:-----END\ [A-Z0-9 ]*-----|\Z)
    | PuTTY-User-Key-File-.*
    | \b(?:gh[oprsu]_\w{36,}|github_pat_\w{20,})             # GitHub
    | \b(?:gl(?:agent|cbt|dt|ffct|ft|imt|oas|pat|ptt|rtr?|soat|wt)-|GR1348941)[\w-]{20,}  # GitLab
    | \bxox[a-z](?:-\w+)+|\bxapp-[\w-]{20,}                  # Slack
    | hooks\.slack\.com/(?:services|triggers|workflows)/[\w/]+
    | discord(?:app)?\.com/api/webhooks/[\w/-]+
    | \b[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}            # Discord
    | \b[rs]k_(?:live|test)_\w{24,}|\bwhsec_\w{24,}          # Stripe
    | \bnpm_\w{36,}
    | \bpypi-[\w-]{50,}
    | \bsk-(?:(?:admin|ant|lf|None|or-v1|proj|svcacct)-[\w-]{20,}|[A-Za-z0-9]{20,})  # OpenAI
    | \bSG\.[\w-]{22}\.[\w-]{43}                             # SendGrid
    | \b(?:AC|SK)[a-z0-9]{32}\b                              # Twilio
    | \bsq0[a-z]{3}-[\w-]{22,}|\bEAAA[\w-]{60}               # Square
    | (?<!\d)\d{8,10}:[\w-]{35}(?![\w-])                     # Telegram
    | api\.softlayer\.com/soap/v[\d.]{1,4}/\w{64}
    | \b[0-9a-z]{32}-us\d{1,2}\b                             # Mailchimp
    | \bAIza[\w-]{35}|\bya29\.[\w-]{20,}                     # Google
    | \bhf_[A-Za-z0-9]{34}                                  # Hugging Face
    | \bdapi[0-9a-f]{32}                                    # Databricks
    | \bhvs\.[\w-]{24,}                                     # Vault
    | \bATATT3[\w=-]{50,}                                   # Atlassian
    | \bdo[opr]_v1_[0-9a-f]{64}                             # DigitalOcean
    | \bshp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}                  # Shopify
    | \bglsa_\w{40,}                                        # Grafana
    | \bAKC[A-Za-z0-9]{20,}|\bAP[\dA-F](?=[A-Za-z]*\d)[A-Za-z0-9]{20,}  # Artifactory
    """,
    re.DOTALL | re.VERBOSE,
)


def withhold(text: str, looked_at: int = LOOKED_AT) -> str:
    """Take out what would let a reader act as someone, up to its end, and nothing else.

    No more is told than what the first characters say, as many as are looked at.
    """
    if len(text) <= looked_at:
        return withhold_all(text)
    # Not in the middle of a word: the half of a secret is not recognized as one. What is cut off
    # tells nothing of what stands before it, but for the id of a key.
    head = text[:looked_at]
    whole = (head.rsplit(maxsplit=1) or [""])[0]
    safe = withhold_all(whole, paired=_KEY_IDS.search(text) is not None)
    return (safe if len(whole) < len(head) else safe[: len(safe) // 2]) + "…"


def withhold_all(text: str, *, paired: bool = False) -> str:
    """Do the same with a text of any length, in time that grows as the text does.

    `paired` says that the id of a key stands beside the text.
    """
    text, ids = _KEY_IDS.subn(WITHHELD, text)
    if ids or paired:
        text = _KEY_LIKE.sub(_key_withheld, text)
    return _SHAPES.sub(WITHHELD, _named_withheld(text) if _MARKS.search(text) else text)


def is_secret_name(name: str) -> bool:
    """Tell whether what a field of this name holds is withheld."""
    return bool(_NAMES.fullmatch(name) or _DOTTED_END.search(name))


def _named_withheld(text: str) -> str:
    """Take out what a URL, a header, an element, a flag or a name says to be secret."""
    text = _USERINFO.sub(rf"\1{WITHHELD}@", text)
    text = _ORACLE.sub(rf"\1{WITHHELD}@", text)
    text = _QUERIES.sub(rf"\1?{WITHHELD}", text)
    text = _HEADERS.sub(rf"\1{WITHHELD}", text)
    text = _ELEMENTS.sub(rf"\1{WITHHELD}", text)
    text = _NAMED.sub(_value_withheld, text)
    return _FLAGS.sub(_value_withheld, text)


def _value_withheld(match: re.Match[str]) -> str:
    found = match.groupdict()
    quote = found["quote"] or ""
    return found.get("arn") or f"{found['name']}{quote}{WITHHELD}{quote}"


def _key_withheld(match: re.Match[str]) -> str:
    """Spare hashes: they are written in digits and letters of one case."""
    found = match[0]
    return found if found.islower() or found.isupper() else WITHHELD
