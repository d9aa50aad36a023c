"""Scores: who is hot now, the rules, and what was learnt."""

from django.urls import path

from suppilo.web.views.insights.scores.cases import score_cases
from suppilo.web.views.insights.scores.model import learn_again, score_model
from suppilo.web.views.insights.scores.page import export_scores, scores
from suppilo.web.views.insights.scores.rules import guess_again, score_rules

urlpatterns = [
    path("", scores, name="scores"),
    path("export/", export_scores, name="export_scores"),
    path("rules/", score_rules, name="score_rules"),
    path("rules/guess/", guess_again, name="guess_score_rules"),
    path("model/", score_model, name="score_model"),
    path("model/cases/", score_cases, name="score_cases"),
    path("model/learn/", learn_again, name="learn_scores"),
]
