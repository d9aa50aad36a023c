"""Running the server: its folder, locks, processes, logs, health, backups and checks.

No Django models live here; what only needs files works without Django being set up.
"""
