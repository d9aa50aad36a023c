"""Verbs that write goals."""

from suppilo.apps.goals.services.goals import (
    GoalChange,
    NewGoal,
    change_goal,
    delete_goal,
    end_goal,
    make_goal,
)

__all__ = ["GoalChange", "NewGoal", "change_goal", "delete_goal", "end_goal", "make_goal"]
