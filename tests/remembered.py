"""What the alert function remembers, for whoever tests something else of it: in memory."""

from lambdas.alert.memory import Memory
from tests.memory import Faults, MemoryTable
from tests.sim import AtOnce
from tests.values import DAY


def memory(table: MemoryTable | None = None) -> Memory:
    """Give a memory of a table, of a new one if none is given."""
    return Memory(table or MemoryTable(Faults()), "open", AtOnce(), DAY, sleep=lambda _: None)
