"""How the board looks, light and dark: each colour can be read on its ground.

It stands amid CloudWatch's console, so that each rule is for what is inside the board only.
"""

from collections.abc import Mapping

from lambdas.board.asked import DARK, LIGHT
from lambdas.model import CANCELLED, FAILED, PARTIAL, PENDING, RUNNING, SUCCEEDED, UNKNOWN

GROUND, TEXT, FAINT, LINE, LINK = "ground", "text", "faint", "line", "link"
COLOURS: Mapping[str, Mapping[str, str]] = {
    LIGHT: {
        GROUND: "#ffffff",
        TEXT: "#16191f",
        FAINT: "#5f6b7a",
        LINE: "#e4e7ea",
        LINK: "#0060a8",
        FAILED: "#c4271b",
        PARTIAL: "#96590a",
        RUNNING: "#0b6fae",
        PENDING: "#5f6b7a",
        SUCCEEDED: "#1c7c3a",
        CANCELLED: "#7d3ac1",
        UNKNOWN: "#b0246f",
    },
    DARK: {
        GROUND: "#0f1b2a",
        TEXT: "#e6eaef",
        FAINT: "#a3afbd",
        LINE: "#33445a",
        LINK: "#6cb8f5",
        FAILED: "#ff7d72",
        PARTIAL: "#e3b341",
        RUNNING: "#5cc8f0",
        PENDING: "#a3afbd",
        SUCCEEDED: "#56d364",
        CANCELLED: "#d2a8ff",
        UNKNOWN: "#f778ba",
    },
}
"""By the theme, and there by what it is for."""

_RULES = """
.jw{font-size:13px;line-height:1.4;color:var(--text);background:var(--ground);padding:8px}
.jw a{color:var(--link);text-decoration:none}
.jw a:hover{text-decoration:underline}
.jw .faint{color:var(--faint)}
.jw .row{display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin:0 0 8px}
.jw .btn{display:inline-block;color:var(--text);border:1px solid var(--line);border-radius:12px}
.jw .btn{padding:1px 10px;cursor:pointer;white-space:nowrap;background:none;font-weight:normal}
.jw .btn:hover{border-color:var(--link);text-decoration:none}
.jw .on .btn{border-color:var(--text);font-weight:bold}
.jw .foot{margin:8px 0 0}
.jw .parts{display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start;margin:0 0 8px}
.jw .parts>*{flex:1 1 320px;min-width:0}
.jw table{border-collapse:collapse;width:100%;margin:0}
.jw th{color:var(--faint);font-weight:normal;text-align:left;white-space:nowrap}
.jw th,.jw td{padding:3px 8px 3px 0;border-bottom:1px solid var(--line);vertical-align:top}
.jw .number{text-align:right;font-variant-numeric:tabular-nums}
.jw .jobs{table-layout:fixed}
.jw .jobs td{overflow:hidden;text-overflow:ellipsis;overflow-wrap:anywhere}
.jw .status{white-space:nowrap;font-weight:bold}
.jw .bar{height:5px;border-radius:3px;background:var(--line);overflow:hidden;margin-top:2px}
.jw .bar div{height:100%}
.jw svg{display:block;width:100%}
"""


def style(theme: str) -> str:
    """Give the colours of a theme and the rules that use them, as an element of HTML."""
    variables = ";".join(f"--{name.lower()}:{value}" for name, value in COLOURS[theme].items())
    return f"<style>.jw{{{variables}}}{_RULES}</style>"


def colour(status: str) -> str:
    """Give the colour of a status; of what is none, that of text."""
    return f"var(--{status.lower()})" if status in COLOURS[LIGHT] else "var(--text)"
