"""The agents' workspace: pages, by page and never by domain. One action, or some queries, a request; no rule here."""
