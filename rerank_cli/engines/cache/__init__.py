"""The engine around an engine that stores scores on disk."""
