"""Real servers for tests, and those that stand between us and them."""
