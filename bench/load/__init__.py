"""The load test: the deployed stack, thousands of jobs in many scopes, and nothing lost."""
