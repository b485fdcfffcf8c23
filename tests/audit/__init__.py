"""The journal: canonical form, chains, sealed texts, protections, verification."""
