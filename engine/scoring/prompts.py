"""The prompts that put an item to a model.

There are four styles; a run records which it uses:

- `begun`: the chat template with the question, and the assistant's turn begun with the item's
  stem, so that the next token is the answer's first one.
- `completion`: the stem alone, for base models.
- `chat`: the chat template with the question. The first token's rank says little, since the model
  may answer in a full sentence.
- `question`: `Question: … Answer:`, for base models.

`auto` is `begun` or `completion` for an item with a stem, `chat` or `question` for one without,
depending on whether the tokenizer has a chat template.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from transformers import PreTrainedTokenizerBase

from engine.records.items import Item
from engine.records.settings import PromptStyle

ResolvedStyle = Literal["begun", "completion", "chat", "question"]

UNSPACED = ("zh", "ja", "th", "lo", "km", "my", "bo")
"""Languages that write no space before an answer."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A text that an answer continues.

    Attributes:
        text: without a trailing space.
        separator: between the text and an answer: a space or nothing.
        special_tokens: whether the tokenizer's special tokens have to be added.
        one_line: whether an answer ends at a line break, for models that know no end of a turn.
    """

    text: str
    separator: str
    special_tokens: bool
    one_line: bool


def resolve_style(
    style: PromptStyle, item: Item, tokenizer: PreTrainedTokenizerBase
) -> ResolvedStyle:
    """The style for an item, by its stem and the tokenizer's chat template."""
    chat = tokenizer.chat_template is not None
    if style == "auto":
        style = "begun" if chat else "completion"
    if style in ("begun", "chat") and not chat:
        style = "completion"
    if item.stem is None:
        return "chat" if style in ("begun", "chat") else "question"
    return style


def open_prompt(
    item: Item,
    tokenizer: PreTrainedTokenizerBase,
    style: PromptStyle = "auto",
    examples: Sequence[Item] = (),
) -> Prompt:
    """The prompt for an open answer, after zero or more solved examples."""
    turns = [(_user(example), _solved(example)) for example in examples]
    return _compose(item, tokenizer, style, turns, _user(item))


def solved_prompt(
    item: Item, tokenizer: PreTrainedTokenizerBase, style: PromptStyle = "auto"
) -> Prompt:
    """The open prompt with the gold answer and the end of its turn."""
    resolved = resolve_style(style, item, tokenizer)
    if resolved in ("begun", "chat"):
        turn = [{"role": "user", "content": _user(item)}]
        turn.append({"role": "assistant", "content": _solved(item)})
        text = str(tokenizer.apply_chat_template(turn, tokenize=False))
        return Prompt(text=text, separator="", special_tokens=False, one_line=False)
    if resolved == "completion":
        passage = f"{item.passage}\n\n" if item.passage else ""
        text = f"{passage}{_solved(item)}\n\n"
    else:
        text = f"Question: {_user(item)}\nAnswer: {item.gold}\n\n"
    return Prompt(text=text, separator="", special_tokens=True, one_line=True)


def shown_candidates_prompt(
    item: Item, tokenizer: PreTrainedTokenizerBase, style: PromptStyle = "auto"
) -> Prompt:
    """The prompt for an open answer with the item's options listed."""
    listed = "\n".join(f"- {option}" for option in item.options)
    return _compose(item, tokenizer, style, [], f"{_user(item)}\n{listed}", shown=True)


def letter_prompt(item: Item, tokenizer: PreTrainedTokenizerBase) -> Prompt:
    """The prompt for choosing by letter, as in MMLU: lettered options, then `Answer:`."""
    listed = "\n".join(
        f"{letter}. {option}" for letter, option in zip(LETTERS, item.options, strict=False)
    )
    question = f"{_user(item)}\n{listed}"
    if tokenizer.chat_template is not None:
        return _chat(tokenizer, [], question, "Answer:", " ")
    return Prompt(text=f"{question}\nAnswer:", separator=" ", special_tokens=True, one_line=True)


def _compose(
    item: Item,
    tokenizer: PreTrainedTokenizerBase,
    style: PromptStyle,
    turns: list[tuple[str, str]],
    user: str,
    *,
    shown: bool = False,
) -> Prompt:
    resolved = resolve_style(style, item, tokenizer)
    separator = _separator(item)
    if resolved == "begun":
        return _chat(tokenizer, turns, user, item.stem or "", separator)
    if resolved == "chat":
        return _chat(tokenizer, turns, user, "", "")
    if resolved == "completion" and not shown:
        before = "".join(f"{answer}\n\n" for _, answer in turns)
        passage = f"{item.passage}\n\n" if item.passage else ""
        text = f"{before}{passage}{item.stem}"
    else:
        begun = f" {item.stem}" if resolved == "completion" else ""
        before = "".join(f"Question: {asked}\nAnswer: {answer}\n\n" for asked, answer in turns)
        text = f"{before}Question: {user}\nAnswer:{begun}"
        separator = " " if not begun else separator
    return Prompt(text=text, separator=separator, special_tokens=True, one_line=True)


def _chat(
    tokenizer: PreTrainedTokenizerBase,
    turns: list[tuple[str, str]],
    user: str,
    begun: str,
    separator: str,
) -> Prompt:
    messages = [
        {"role": role, "content": content}
        for asked, answer in turns
        for role, content in (("user", asked), ("assistant", answer))
    ]
    messages.append({"role": "user", "content": user})
    text = tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    return Prompt(text=f"{text}{begun}", separator=separator, special_tokens=False, one_line=False)


def _user(item: Item) -> str:
    return f"{item.passage}\n\n{item.question}" if item.passage else item.question


def _solved(item: Item) -> str:
    if item.stem is None:
        return item.gold
    return f"{item.stem}{_separator(item)}{item.gold}."


def _separator(item: Item) -> str:
    return "" if item.language.split("-")[0] in UNSPACED else " "
