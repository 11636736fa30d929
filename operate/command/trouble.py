"""Known trouble in lines that a user can act on; any other error is a fault of ours."""

from botocore.exceptions import BotoCoreError, ClientError

from infra.bundle import BundleError
from infra.config.files.mistakes import Mistakes
from lambdas.legible import legible
from lambdas.store.batches import StoreError
from operate.aws import in_a_line
from operate.credentials import Nobody
from operate.trouble import Trouble


def lines(error: Exception) -> list[str] | None:
    """Say in lines what is wrong and what to do; None where nobody but we can mend it."""
    match error:
        case Mistakes():
            return [str(each) for each in error.mistakes]
        case Nobody():
            return [f"AWS credentials: {legible(str(error))}"]
        case Trouble() | BundleError() | StoreError() | BotoCoreError() | ClientError():
            return [legible(in_a_line(error))]
        case OSError() if error.filename:
            why = (error.strerror or type(error).__name__).lower()
            return [f"{legible(str(error.filename))}: {why}"]
        case OSError() if error.strerror:
            return [error.strerror.lower()]
    return None
