"""Shows events as they arrive: a queue and a rule for as long as somebody listens."""
