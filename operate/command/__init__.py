"""What `./jobwatch` takes and says: one file a subcommand, thin; what it does lies beside it."""
