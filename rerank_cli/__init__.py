"""rerank: score the passages of a file against a query and rank them."""

__version__ = "0.1.0"
