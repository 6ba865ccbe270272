"""Wraps an engine, and stores its scores on disk."""
