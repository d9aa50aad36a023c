"""What customers are worth: how often they will still buy, for how much, and who has gone."""

from suppilo.analytics.value.bgbb import BgBb, fit_bgbb
from suppilo.analytics.value.bgnbd import BgNbd, fit_bgnbd
from suppilo.analytics.value.fit import FitError
from suppilo.analytics.value.gamma_gamma import GammaGamma, fit_gamma_gamma
from suppilo.analytics.value.lifetime import discounted_value, simple_value
from suppilo.analytics.value.retention import ShiftedBetaGeometric, fit_retention
from suppilo.analytics.value.rfm import RfmSegment, score_rfm
from suppilo.analytics.value.summary import CustomerSummary, summarise_purchases

__all__ = [
    "BgBb",
    "BgNbd",
    "CustomerSummary",
    "FitError",
    "GammaGamma",
    "RfmSegment",
    "ShiftedBetaGeometric",
    "discounted_value",
    "fit_bgbb",
    "fit_bgnbd",
    "fit_gamma_gamma",
    "fit_retention",
    "score_rfm",
    "simple_value",
    "summarise_purchases",
]
