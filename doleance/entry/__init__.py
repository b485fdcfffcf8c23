"""How members of staff get in: second factors, recovery codes, open sessions, the company's own sign-on.

The ceremonies are django-allauth's; what is kept of them is written here, with its event on the person's chain.
Invitations and passwords are in `accounts`: they are part of what a person is.
"""
