"""The pure core: mails of a project -> threads -> postings -> series with revisions.

Values in, values out: no I/O, clock, randomness or logging. The result depends on the set of mails alone, never on
their order.
"""
