"""What a month of Jobwatch costs: `make cost`, what else would cost, and the page docs/cost.md."""
