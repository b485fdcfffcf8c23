"""Our own rules (design: architecture, section 7), each with a proof that it can fail."""
