"""Many queries, each with its own candidates: run side by side, and never lost once done."""
