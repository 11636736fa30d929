"""One deterministic simulation of the whole road, from the schedules to the bus and the topic.

Jobwatch's own code runs unchanged in a world of our making: job APIs, table, stream, queues, bus
and topic, whose time is virtual and whose every fault, delay and order one seed decides.
"""
