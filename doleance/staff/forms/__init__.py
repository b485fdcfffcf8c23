"""Plain forms: they check shape; rules check sense."""
