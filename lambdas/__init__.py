"""What runs in Lambda: poll the job APIs, diff, store; publish what the table's stream carries."""
