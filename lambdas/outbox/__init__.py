"""From the table's stream to a service: what publish and alert share."""
