"""What the operator of a deployed Jobwatch runs."""
