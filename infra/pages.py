"""Pages of the docs of which a part is generated."""


def between(page: str, start: str, end: str, text: str) -> str:
    """Give a page with another text between two marks."""
    before, rest = page.split(start)
    return before + start + text + end + rest.split(end)[1]
