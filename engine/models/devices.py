"""Which devices there are, and which one to compute on in which number format.

CUDA, ROCm (which torch calls CUDA too), Apple's Metal (MPS) and Intel's XPU are reached through
torch's accelerator interface. A machine has accelerators of one kind, and a CPU.
"""

from __future__ import annotations

import platform
from typing import Any, NamedTuple

import msgspec
import psutil
import torch

from engine.records.errors import UserError
from engine.records.share import Share

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
KNOWN_KINDS = ("cuda", "mps", "xpu")
KEPT_FOR_ACTIVATIONS = 0.1
"""Share of a device's free memory that weights are not put in."""


class Memory(NamedTuple):
    """Bytes of a device's memory."""

    free: int
    total: int


class Placement(msgspec.Struct, frozen=True):
    """Where a model computes and in which number format.

    `device` is a kind ("cuda"), which stands for all devices of that kind, or one device
    ("cuda:1"). `memory_bytes` is what it has left for weights and activations; `limited` says that
    the user wants no more of it taken.
    """

    device: str
    dtype: str
    name: str
    memory_bytes: int
    limited: bool = False

    @property
    def torch_dtype(self) -> torch.dtype:
        """The format as torch names it."""
        return DTYPES[self.dtype]

    @property
    def devices(self) -> tuple[str, ...]:
        """Every device that the model may be spread over."""
        return members(self.device)

    @property
    def has_own_memory(self) -> bool:
        """Whether the device's memory is another one than the host's."""
        return kind_of(self.device) not in ("cpu", "mps")


def choose_placement(device: str, dtype: str, max_memory_gib: float | None = None) -> Placement:
    """Resolve "auto" for device and dtype on this machine.

    Raises:
        UserError: the device isn't there, or doesn't know the dtype.
    """
    device = resolve_device(device, accelerator_kind(), torch.accelerator.device_count())
    formats = number_formats(device)
    if dtype == "auto":
        dtype = "bfloat16" if "bfloat16" in formats else "float32"
    if dtype not in DTYPES:
        raise UserError(f"dtype '{dtype}' is not known", f"Use auto, {', '.join(DTYPES)}.")
    if kind_of(device) == "mps" and dtype not in formats:
        raise UserError(f"{device} has no {dtype} on this macOS", f"Use {', '.join(formats)}.")
    memory = sum(device_memory(each).free for each in members(device))
    if max_memory_gib is not None:
        memory = min(memory, int(max_memory_gib * 2**30))
    limited = max_memory_gib is not None
    return Placement(device, dtype, device_name(device), memory, limited)


def resolve_device(device: str, kind: str | None, count: int) -> str:
    """What the user calls a device, as one that is there.

    `kind` and `count` are of the machine's accelerators; the kind is None where it has none.

    Raises:
        UserError: there is no such device.
    """
    if device == "auto":
        return kind or "cpu"
    if device == "cpu":
        return device
    wanted, _, index = device.partition(":")
    if wanted == kind and (index or "0").isdecimal() and int(index or 0) < count:
        return device
    if wanted in KNOWN_KINDS or wanted == kind:
        there = ", ".join(f"{kind}:{number}" for number in range(count)) if kind else ""
        raise UserError(
            f"device '{device}' is not there: torch sees {there or 'no accelerator'}",
            "Use --device cpu, or install a torch that was built for the device.",
        )
    kinds = ", ".join(KNOWN_KINDS)
    raise UserError(
        f"device '{device}' is not known", f"Use auto, cpu, or one of {kinds} or KIND:N."
    )


def device_of(device: str, share: Share) -> str:
    """The device that one of several processes takes where the user names no single one.

    Each process of a machine has one of its own; where there are fewer, they take turns.
    """
    kind = accelerator_kind()
    if share.processes == 1 or kind is None or device not in ("auto", kind):
        return device
    return f"{kind}:{share.local_rank % torch.accelerator.device_count()}"


def accelerator_kind() -> str | None:
    """The kind of this machine's accelerators, as torch calls it; None where it has none."""
    found = torch.accelerator.current_accelerator(check_available=True)
    return None if found is None else found.type


def every_device() -> tuple[str, ...]:
    """The devices of this machine, the CPU first."""
    kind = accelerator_kind()
    return ("cpu",) if kind is None else ("cpu", *members(kind))


def kind_of(device: str) -> str:
    """The kind of a device, without its number."""
    return device.partition(":")[0]


def members(device: str) -> tuple[str, ...]:
    """The devices that a kind stands for; a single device stands for itself."""
    if device == "cpu" or ":" in device:
        return (device,)
    return tuple(f"{device}:{number}" for number in range(torch.accelerator.device_count()))


def number_formats(device: str) -> tuple[str, ...]:
    """The formats that a device multiplies natively, of those in `DTYPES`.

    Of several devices, those that all have.
    """
    found = [_number_formats(each) for each in members(device)]
    return tuple(dtype for dtype in DTYPES if all(dtype in formats for formats in found))


def _number_formats(device: str) -> set[str]:
    match kind_of(device):
        case "cpu":
            cpu: Any = torch.cpu
            bfloat16 = cpu._is_amx_tile_supported() or cpu._is_avx512_bf16_supported()
            float16 = cpu._is_amx_fp16_supported()
        case "mps":
            mps: Any = torch.backends.mps
            bfloat16, float16 = mps.is_macos_or_newer(14, 0), True
        case "xpu":
            with torch.accelerator.device_index(torch.device(device).index):
                bfloat16 = torch.xpu.is_bf16_supported(including_emulation=False)
            float16 = torch.xpu.get_device_properties(device).has_fp16
        case "cuda":
            with torch.accelerator.device_index(torch.device(device).index):
                bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
            float16 = True
        case _:
            bfloat16 = float16 = False
    supported = {"float32": True, "bfloat16": bfloat16, "float16": float16}
    return {dtype for dtype, native in supported.items() if native}


def device_name(device: str) -> str:
    """A name for people."""
    match kind_of(device):
        case "cpu":
            return f"{platform.machine()} CPU, {torch.get_num_threads()} threads"
        case "mps":
            return f"{platform.machine()} GPU, Metal"
    backend: Any = torch.get_device_module(device)
    names = [str(backend.get_device_name(each)) for each in members(device)]
    return ", ".join(
        f"{names.count(name)} × {name}" if names.count(name) > 1 else name
        for name in dict.fromkeys(names)
    )


def device_memory(device: str) -> Memory:
    """The memory of one device; that of Metal is a part of the host's."""
    host = psutil.virtual_memory()
    match kind_of(device):
        case "cpu":
            return Memory(int(host.available), int(host.total))
        case "mps":
            total = torch.mps.recommended_max_memory()
            free = min(total - torch.mps.driver_allocated_memory(), host.available)
            return Memory(max(0, int(free)), int(total))
    backend: Any = torch.get_device_module(device)
    free, total = backend.mem_get_info(torch.device(device))
    return Memory(int(free), int(total))


def free_for_weights(device: str) -> int:
    """Bytes that weights may take of what is free on one device; the rest is for activations."""
    return int(device_memory(device).free * (1 - KEPT_FOR_ACTIVATIONS))


def synchronize() -> None:
    """Wait until the accelerators, if there are any, have done what they were given."""
    if torch.accelerator.is_available():
        for number in range(torch.accelerator.device_count()):
            torch.accelerator.synchronize(number)
