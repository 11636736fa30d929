"""What a month of Jobwatch costs, what else would cost, and the page docs/cost.md."""
