"""What a message says that can be checked: references, amounts, dates, contacts, wished remedies."""
