"""What to watch and how: watches.yaml and the catalogue, compiled into the plan."""
