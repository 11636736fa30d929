"""Known trouble: what keeps a command from going on, for whoever called it."""


class Trouble(Exception):
    """It can't go on; the message says why, in words."""
