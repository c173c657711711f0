"""What goes wrong outside: the disk, rights, memory, the clock, other processes, the Hub.

Every module with `FAULTS` is a kind of them.
"""
