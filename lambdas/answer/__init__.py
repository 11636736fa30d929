"""The function that answers state machines when the job ends that they wait for."""
