"""Rank many queries, each with its own candidates; nothing that is finished is lost."""
