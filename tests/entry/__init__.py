"""Getting in: second factors, sessions."""
