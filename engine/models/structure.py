"""Where a model's decoder blocks are, and the weight matrices in them, found by structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from engine.records.errors import UserError

Orientation = Literal["out_in", "in_out"]


@dataclass(frozen=True)
class Block:
    """One decoder block: `name` is its full name in the model, `index` its place."""

    index: int
    name: str
    module: nn.Module


@dataclass(frozen=True)
class Prunable:
    """One weight inside a block that multiplies activations.

    Attributes:
        name: full parameter name.
        module: the module that holds it.
        parameter: its name within that module.
        orientation: "out_in" as in `nn.Linear`, "in_out" as in `Conv1D`.
        experts: how many matrices a fused parameter `(experts, …, …)` holds; None for one matrix.
    """

    name: str
    module: nn.Module
    parameter: str
    orientation: Orientation
    experts: int | None = None

    @property
    def weight(self) -> nn.Parameter:
        """The parameter itself."""
        weight = getattr(self.module, self.parameter)
        assert isinstance(weight, nn.Parameter)
        return weight

    @property
    def in_features(self) -> int:
        """Input features of the matrix (of each expert's matrix)."""
        shape: tuple[int, ...] = tuple(self.weight.shape)
        return shape[-1] if self.orientation == "out_in" else shape[-2]

    def matrices(self, weight: Tensor) -> Tensor:
        """View a weight in the parameter's shape as `(matrices, out_features, in_features)`."""
        matrices = weight if self.experts is not None else weight.unsqueeze(0)
        return matrices if self.orientation == "out_in" else matrices.transpose(1, 2)


def decoder(model: PreTrainedModel) -> PreTrainedModel:
    """The innermost model that turns token ids into hidden states: no head, no other modality."""
    found = model.get_decoder()
    return found if isinstance(found, PreTrainedModel) else model


def vocabulary_size(model: PreTrainedModel) -> int:
    """The number of logits at a position."""
    size: int = model.get_output_embeddings().weight.shape[0]
    return size


def decoder_blocks(model: PreTrainedModel) -> list[Block]:
    """The longest list of modules of one class that hold weight matrices.

    Lists inside such a list (a block's experts) don't count.

    Raises:
        UserError: the model has no such list.
    """
    within = {id(module) for module in decoder(model).modules()}
    found: dict[str, nn.ModuleList] = {}
    for name, module in model.named_modules():
        if (
            isinstance(module, nn.ModuleList)
            and id(module) in within
            and len({type(child) for child in module}) == 1
            and all(_matrices(child, "") for child in module)
            and not any(name.startswith(f"{outer}.") for outer in found)
        ):
            found[name] = module
    if not found:
        raise UserError(
            f"{type(model).__name__} has no list of decoder blocks with linear layers, "
            "so it can't be compressed",
            "choose a decoder-only language model of the transformers library",
        )
    name, blocks = max(found.items(), key=lambda item: len(item[1]))
    return [Block(index, f"{name}.{index}", module) for index, module in enumerate(blocks)]


def prunable(block: Block, *, shared: frozenset[int] = frozenset()) -> list[Prunable]:
    """The weight matrices of a block, in the order of its modules.

    `shared` holds the `id` of parameters to leave out (`tied_parameters`).
    """
    return [
        matrix for matrix in _matrices(block.module, block.name) if id(matrix.weight) not in shared
    ]


def block_parameters(block: Block) -> list[str]:
    """The full names of all parameters of a block: matrices, biases and norms."""
    return [f"{block.name}.{name}" for name, _ in block.module.named_parameters()]


def tied_parameters(model: PreTrainedModel) -> frozenset[int]:
    """The `id` of every parameter that stands at more than one place in the model."""
    seen: set[int] = set()
    tied: set[int] = set()
    for _, parameter in model.named_parameters(remove_duplicate=False):
        (tied if id(parameter) in seen else seen).add(id(parameter))
    return frozenset(tied)


def _matrices(root: nn.Module, prefix: str) -> list[Prunable]:
    found = []
    for path, module in root.named_modules():
        name = ".".join(part for part in (prefix, path) if part)
        if isinstance(module, nn.Linear):
            found.append(Prunable(f"{name}.weight", module, "weight", "out_in"))
        elif isinstance(module, Conv1D):
            found.append(Prunable(f"{name}.weight", module, "weight", "in_out"))
        elif is_fused_experts(module):
            orientation: Orientation = "in_out" if module.is_transposed else "out_in"
            found += [
                Prunable(f"{name}.{parameter}", module, parameter, orientation, value.shape[0])
                for parameter, value in module.named_parameters(recurse=False)
                if value.ndim == 3
            ]
    return found


def is_fused_experts(module: nn.Module) -> bool:
    """Whether a module holds all its experts' matrices as `(experts, …, …)` parameters.

    The classes that transformers' `use_experts_implementation` decorates all carry these marks.
    """
    return (
        hasattr(module, "_apply_gate")
        and hasattr(module, "is_transposed")
        and isinstance(getattr(module, "down_proj", None), nn.Parameter)
    )
