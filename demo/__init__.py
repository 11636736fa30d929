"""The local run: a local AWS, stand-in job services, and the story that they play."""
