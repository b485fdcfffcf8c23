"""Tests of doleance/understanding."""
