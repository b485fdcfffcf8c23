"""What somebody types: the form on our site, the telephone's page, the counter's. Three channels, one format."""
