"""What a deployment would change, in words: the file's plan against the one that is deployed."""
