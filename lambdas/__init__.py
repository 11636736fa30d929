"""What runs in Lambda: tick says whose turn it is; poll reads the job APIs, diffs and stores.

Publish and alert send what the table's stream carries: events to a bus, alerts to a topic.
"""
