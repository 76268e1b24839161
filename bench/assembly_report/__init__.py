"""What the assembly makes of real lists: counts, links, and what looks wrong by signals of their own.

`make assembly-report MBOX=path...`. It reads any archive that an import reads, and writes nothing.
"""
