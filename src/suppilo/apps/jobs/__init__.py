"""Long work in the background: claimed, shown, cancelled."""
