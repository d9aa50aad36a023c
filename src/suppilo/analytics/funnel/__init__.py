"""Funnels: who went how far, how long it took, and who may still go on."""

from suppilo.analytics.funnel.definition import Exclusion, FunnelDefinition, Step, parse_step
from suppilo.analytics.funnel.report import FunnelReport, StepResult
from suppilo.analytics.funnel.run import FunnelResult, run_funnel
from suppilo.analytics.funnel.spec import DefinitionError

__all__ = [
    "DefinitionError",
    "Exclusion",
    "FunnelDefinition",
    "FunnelReport",
    "FunnelResult",
    "Step",
    "StepResult",
    "parse_step",
    "run_funnel",
]
