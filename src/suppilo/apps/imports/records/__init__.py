"""Files of deals, companies, people and activities: how they are read, and brought in."""
