"""Use cases of deals. The only way to write them."""

from dealflow.deals.service.answering import answer_approval
from dealflow.deals.service.editing import edit, write_note
from dealflow.deals.service.filters import drop_filter, keep_filter
from dealflow.deals.service.moving import advance, move, move_many, obstacle, undo, unfund
from dealflow.deals.service.opening import find_or_open, open_deal
from dealflow.deals.service.pipelines import add_reason, create_pipeline, remove_reason, update_pipeline
from dealflow.deals.service.positions import own_pipeline
from dealflow.deals.service.timeline import happened

__all__ = [
    "add_reason",
    "advance",
    "answer_approval",
    "create_pipeline",
    "drop_filter",
    "edit",
    "find_or_open",
    "happened",
    "keep_filter",
    "move",
    "move_many",
    "obstacle",
    "open_deal",
    "own_pipeline",
    "remove_reason",
    "undo",
    "unfund",
    "update_pipeline",
    "write_note",
]
