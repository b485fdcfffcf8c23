"""Files of one matter: found, proposed, merged, linked or told apart, and separated again.

What is the same is `understanding.duplicates`; one reply for merged files is `notifications.pointing`.
"""
