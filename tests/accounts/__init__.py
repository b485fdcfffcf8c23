"""Accounts: people, roles, rights."""
