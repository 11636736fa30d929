"""What botocore knows of AWS: the services' models, without an account or a network."""
