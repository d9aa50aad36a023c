"""Why figures are as they are: questions to events and deals, answered by the calculations."""
