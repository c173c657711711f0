"""Re-decoding one item when a user asks for it."""

from __future__ import annotations

from engine.inspection.handler import Handler
from engine.inspection.inspection import Inspection
from engine.records.errors import UserError
from engine.records.protocol import Decode, DecodeFinished, DecodeStep, HypothesisFound


def _decode(inspection: Inspection, request: Decode) -> None:
    run = inspection.run
    log = run.log_of(request.item_id)
    item = log.items.get(request.item_id)
    if item is None:
        raise UserError(f"the run has no item {request.item_id}")
    if item.id in log.scored:
        # As it was scored: its passage may have been cut to fit the context.
        item = log.scored[item.id].item
    run.ready(request.variants)
    for variant in request.variants:

        def tell(step: int, steps: int, texts: tuple[str, ...], variant: str = variant) -> None:
            inspection.emit(DecodeStep(variant=variant, step=step, steps=steps, texts=texts))

        [result] = run.redecode([item], variant, request.decoding, tell, inspection.check)
        for hypothesis in result.hypotheses:
            inspection.emit(HypothesisFound(variant=variant, hypothesis=hypothesis))
        log.append_redecode(result)
        inspection.emit(DecodeFinished(redecode=result))


HANDLER = Handler(Decode, _decode)
