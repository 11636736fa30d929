"""What a month of Jobwatch costs: the model, `make cost`, and the page docs/cost.md."""
