"""What the compression methods need to know of the inputs of a block's weight matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from engine.methods.kernels.inputs import InputStatistics
from engine.models.structure import Prunable, is_fused_experts
from engine.models.weights import weights_at_hand


@dataclass
class BlockStatistics:
    """The statistics of all matrices of a block, by parameter name; one per expert where fused.

    Matrices that read the same inputs share one `InputStatistics`. Inputs are kept rather than
    summed up to Gram matrices at once, so that a single one exists at any time. `means` says
    whether they are summed up as they are, too.
    """

    keep_inputs: bool
    means: bool = False
    of: dict[str, list[InputStatistics]] = field(default_factory=dict)
    _last: tuple[Tensor, InputStatistics] | None = None
    _last_routed: dict[nn.Module, Tensor] = field(default_factory=dict)

    @contextmanager
    def collecting(self, matrices: list[Prunable]) -> Iterator[None]:
        """Collect from every forward pass of the matrices' modules meanwhile."""
        handles = []
        for module, group in _by_module(matrices).items():
            watch = self._watch_experts if is_fused_experts(module) else self._watch_linear
            handles.append(module.register_forward_pre_hook(watch(group)))
        try:
            yield
            for module, group in _by_module(matrices).items():
                if is_fused_experts(module):
                    self._fill_unreached(*_up_and_down(group))
        finally:
            self._last = None
            self._last_routed.clear()
            for handle in handles:
                handle.remove()

    def _watch_linear(self, group: list[Prunable]) -> Callable[[nn.Module, tuple[Tensor]], None]:
        (matrix,) = group

        def count(_: nn.Module, args: tuple[Tensor]) -> None:
            inputs = args[0]
            if self._last is not None and inputs is self._last[0]:
                self.of[matrix.name] = [self._last[1]]
                return
            if matrix.name not in self.of:
                self.of[matrix.name] = [self._empty(matrix, inputs.device)]
            (statistics,) = self.of[matrix.name]
            statistics.add(inputs, keep=self.keep_inputs)
            self._last = (inputs, statistics)

        return count

    def _watch_experts(
        self, group: list[Prunable]
    ) -> Callable[[nn.Module, tuple[Tensor, Tensor, Tensor]], None]:
        up, down = _up_and_down(group)
        experts = range(up.experts or 0)

        def count(module: nn.Module, args: tuple[Tensor, Tensor, Tensor]) -> None:
            hidden, chosen, _ = args
            if up.name not in self.of:
                for matrix in (up, down):
                    self.of[matrix.name] = [self._empty(matrix, hidden.device) for _ in experts]
            for expert in experts:
                self._count_expert(up, down, expert, hidden[(chosen == expert).any(-1)])
            self._last_routed[module] = hidden

        return count

    def _count_expert(self, up: Prunable, down: Prunable, expert: int, inputs: Tensor) -> None:
        if len(inputs):
            self.of[up.name][expert].add(inputs, keep=self.keep_inputs)
            inner = _inner(up, expert, inputs)
            self.of[down.name][expert].add(inner, keep=self.keep_inputs)

    def _fill_unreached(self, up: Prunable, down: Prunable) -> None:
        """Give experts that no token was routed to the statistics of the layer's inputs."""
        for expert, statistics in enumerate(self.of.get(up.name, ())):
            if statistics.tokens == 0:
                self._count_expert(up, down, expert, self._last_routed[up.module])
                for filled in (statistics, self.of[down.name][expert]):
                    filled.note = (
                        "no calibration token was routed there; "
                        "statistics are those of the layer's inputs"
                    )

    def _empty(self, matrix: Prunable, device: torch.device) -> InputStatistics:
        zeros = torch.zeros(matrix.in_features, device=device)
        return InputStatistics(zeros, sums=zeros.clone() if self.means else None)


def _by_module(matrices: list[Prunable]) -> dict[nn.Module, list[Prunable]]:
    groups: dict[nn.Module, list[Prunable]] = {}
    for matrix in matrices:
        groups.setdefault(matrix.module, []).append(matrix)
    return groups


def _up_and_down(group: list[Prunable]) -> tuple[Prunable, Prunable]:
    down = next(matrix for matrix in group if matrix.parameter == "down_proj")
    (up,) = (matrix for matrix in group if matrix is not down)
    return up, down


def _inner(up: Prunable, expert: int, routed: Tensor) -> Tensor:
    """The inputs of an expert's down projection, computed as its module does."""
    module: Any = up.module
    with weights_at_hand(module):
        bias = getattr(module, f"{up.parameter}_bias", None)
        projected = nn.functional.linear(
            routed, up.matrices(up.weight)[expert], None if bias is None else bias[expert]
        )
        gate: Callable[[Tensor], Tensor] = module._apply_gate if module.has_gate else module.act_fn
        return gate(projected)
