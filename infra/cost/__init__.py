"""What a month of Jobwatch costs: the model, without what is asked for and how it is written."""
