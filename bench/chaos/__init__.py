"""Three brokers, PostgreSQL and many parts of Patchlog, of which one after the other is killed while mail comes in.

`python -m bench.chaos --seconds 120 --mails 1500` runs it and prints what was lost, doubled or answered badly. That has
to be nothing; the exit status is 1 where it is something. It needs Java, Maven and PostgreSQL on this machine.
"""
