"""What happens to outgoing mails, by who does it.

`writing` queues them, `carrying` is the worker's, `deciding` a person's, `flights` what they share.
"""
