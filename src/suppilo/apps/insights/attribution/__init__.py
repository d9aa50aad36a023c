"""Which channels leads, won deals and any other goals are owed to."""
