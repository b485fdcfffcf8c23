"""Reading a message as a good dispatcher would: language, kind, requests, facts, urgency; pure and offline."""
