"""E-mail: reading in a limited child process, signed threads, writing and sending.

What arrives here was written by anybody: nothing in it is trusted before it was measured.
"""
