"""A finished checkpoint of the same tokenizer, compressed by any tool."""

from __future__ import annotations

from engine.methods.amounts import Checkpoint
from engine.methods.method import Method

METHOD = Method(
    name="checkpoint",
    help="a finished checkpoint with the same tokenizer, made by any tool",
    takes=(Checkpoint,),
    compress=None,
)
