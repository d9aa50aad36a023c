"""Reports of pipelines: the ledger of deals, read into columns, asked by :mod:`analytics.stages`.

Nothing is kept here but copies of columns in memory: every figure comes from the ledger.
"""
