"""The tables of deals."""

from dealflow.deals.models.deal import Deal, DealEvent, DealNote
from dealflow.deals.models.introduction import Introduction
from dealflow.deals.models.pipeline import CloseReason, DealFilter, Pipeline, PipelineStage
from dealflow.deals.models.position import DealMove, DealPosition, MoveApproval

__all__ = [
    "CloseReason",
    "Deal",
    "DealEvent",
    "DealFilter",
    "DealMove",
    "DealNote",
    "DealPosition",
    "Introduction",
    "MoveApproval",
    "Pipeline",
    "PipelineStage",
]
