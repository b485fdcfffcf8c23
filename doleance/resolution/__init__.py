"""From the finding to the answer: outcome per grievance, the reply and what it must hold, closing."""
