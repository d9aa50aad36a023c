"""Next best action: what was learned of activities and sales book entries, and for which deals."""
