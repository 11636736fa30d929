"""The faults that the simulation is shown to notice fit the code as it is."""

import pytest

from tests.simulation.faults.patches import FAULTS, Fault
from tests.template import ROOT


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_edit_of_a_fault_stands_once_in_its_file(fault: Fault) -> None:
    for file, old, new in fault.edits:
        assert (ROOT / "lambdas" / file).read_text(encoding="utf-8").count(old) == 1
        assert new != old
