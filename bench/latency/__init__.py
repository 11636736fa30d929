"""From the end of a job to the work behind it: measured with schedules that run by themselves."""
