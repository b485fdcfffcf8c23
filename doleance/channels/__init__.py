"""The wire: what comes in and goes out, kept as it was received before anybody reads it.

Mailboxes, messages, sealed bytes, attachments; one folder per channel. It knows nothing of complaints.
"""
