"""Goals: what a stage of the funnel is to bring in each day, week, month or quarter."""
