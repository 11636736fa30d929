"""The pictures of docs/performance.md, in words, for those who can't see them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """The measurement that a picture shows, its title and what is to be seen in it."""

    measurement: str
    title: str
    description: str


PICTURES: Mapping[str, Picture] = {
    "cost-against-jobs": Picture(
        "side-by-side",
        "Calls and processor time of a cycle in which nothing changed, against the number of jobs",
        "Two rows of two charts with logarithmic axes, one column a source; lower is better. "
        "Jobwatch makes about as many calls as the baseline, which lists the same pages; programs "
        "that ask for each job make a call or two a job.",
    ),
    "latency": Picture(
        "load",
        "Seconds from a job's change to its alert, tick by tick, without and beside a slow lane",
        "Two charts, for events and for alerts, each with the median, the 95th percentile and the "
        "maximum of each tick; lower is better. In the shaded ticks a slow lane is polled as well.",
    ),
}
"""By the names of their files."""
