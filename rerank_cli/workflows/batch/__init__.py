"""Rank many queries, each with its own candidates; nothing that is finished is lost.

`run` puts these together, in the order of the data: `source` and `intake` give the jobs, `workers`
share them out, `job` scores each, `record` writes and counts them, in the `ledger` with its
`journal`.
"""
