"""The engine that scores over HTTP."""
