"""Who works here: entities, teams, people, their roles and the one table of what each role may do.

Teams live here, so that a complaint can point to a team without knowing how teams are chosen.
"""
