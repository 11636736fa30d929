"""Real jobs of other people's counterparts of AWS, through the engine to the bus."""
