"""GGUF files, converted once to a directory of safetensors."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from engine.files import directory_written_atomically, scratch_directory
from engine.models.batch_size import is_out_of_memory
from engine.models.progress import OnProgress
from engine.models.weight_files import write_checksums
from engine.records.errors import UserError
from engine.system_errors import FULL, no_temporary_files


def convert_gguf(file: Path, directory: Path, on_progress: OnProgress) -> None:
    """Write the model of a GGUF file as float32 safetensors with its tokenizer.

    float32 holds the dequantized values exactly, so that the conversion loses nothing. What
    `directory` held before is replaced once the conversion is complete.

    Raises:
        UserError: transformers can't read the file's architecture.
    """
    on_progress("convert", f"{file.name} to safetensors (once)", 0, None)
    source = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    try:
        tokenizer = AutoTokenizer.from_pretrained(**source)
        model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
    except (ValueError, KeyError, OSError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise
        if isinstance(error, OSError) and error.errno in FULL:
            # transformers writes the tokenizer to a temporary file.
            raise no_temporary_files(error) from error
        raise UserError(
            f"{file.name} can't be read as a GGUF model: {error}",
            "transformers reads GGUF files of the common architectures; give --model a "
            "directory in the Hugging Face format for others.",
        ) from error
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    # The file is no longer quantized: a config that says so would be refused at loading.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    directory.parent.mkdir(parents=True, exist_ok=True)
    with directory_written_atomically(directory) as scratch:
        save_file(tensors, scratch / "model.safetensors", metadata={"format": "pt"})
        model.config.save_pretrained(scratch)
        model.generation_config.save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        write_checksums(scratch)
        if directory.exists():
            # In one step: half of a model would be taken for one.
            with scratch_directory(directory) as before:
                directory.rename(before / directory.name)
    on_progress("convert", f"{file.name} to safetensors (once)", 1, 1)
