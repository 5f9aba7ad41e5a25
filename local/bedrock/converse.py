"""Parses and checks the body of a Converse or ConverseStream request, as Bedrock does.

Only what affects a text answer is read. Images, cache points and unknown fields are ignored.
The error messages are Bedrock's own where they are known.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from local.bedrock.errors import invalid
from local.bedrock.tokens import estimate

#: The limit if a request sets no `maxTokens`.
DEFAULT_MAX_TOKENS = 4096
#: Input tokens a request may have.
CONTEXT_WINDOW = 200_000


class _Wire(BaseModel):
    model_config = ConfigDict(
        frozen=True, strict=True, alias_generator=to_camel, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data


class Guarded(_Wire):
    """Text that a guardrail would check; the model reads it as text."""

    text: str


class GuardContent(_Wire):
    """A wrapper of guarded text. An image in it is ignored."""

    text: Guarded | None = None


class Block(_Wire):
    """One block of content. A block of another kind has no text."""

    text: str | None = None
    guard_content: GuardContent | None = None

    def plain(self) -> str:
        """Return the text of this block, empty if it has none."""
        if self.text is None and self.guard_content and self.guard_content.text:
            return self.guard_content.text.text
        return self.text or ""


class Message(_Wire):
    """One turn of the conversation."""

    role: Literal["user", "assistant"]
    content: list[Block]

    @property
    def text(self) -> str:
        """The text of all blocks, one per line."""
        return "\n".join(text for block in self.content if (text := block.plain()))


class Inference(_Wire):
    """Parameters of the generation of an answer."""

    max_tokens: int = Field(default=DEFAULT_MAX_TOKENS, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=1)
    top_p: float | None = Field(default=None, ge=0, le=1)
    stop_sequences: list[Annotated[str, Field(min_length=1)]] = Field(default=[], max_length=2500)


class ConverseRequest(_Wire):
    """A valid request."""

    messages: list[Message] = []
    system: list[Block] = []
    inference_config: Inference = Inference()

    @property
    def system_texts(self) -> list[str]:
        """The texts of the system prompt."""
        return [text for block in self.system if (text := block.plain())]

    @property
    def input_tokens(self) -> int:
        """Estimated tokens of system prompt and messages."""
        return sum(map(estimate, self._texts()))

    def _texts(self) -> Iterator[str]:
        yield from self.system_texts
        for message in self.messages:
            yield message.text


def parse(body: bytes) -> ConverseRequest:
    """Parse a request body. Raises ServiceError (ValidationException) that names the mistake."""
    try:
        request = ConverseRequest.model_validate_json(body)
    except ValidationError as wrong:
        raise invalid(_constraint(wrong)) from None
    if not request.messages or request.messages[0].role != "user":
        raise invalid(
            "A conversation must start with a user message. "
            "Try again with a conversation that starts with a user message."
        )
    for number, message in enumerate(request.messages):
        _check_content(number, message)
    if request.input_tokens > CONTEXT_WINDOW:
        raise invalid("Input is too long for requested model.")
    return request


def _check_content(number: int, message: Message) -> None:
    if not message.content:
        raise invalid(
            f"The content field in the Message object at messages.{number} is empty. "
            "Add a ContentBlock object to the content field and try again."
        )
    for place, block in enumerate(message.content):
        if block.text is not None and not block.text.strip():
            raise invalid(
                f"The text field in the ContentBlock object at messages.{number}.content.{place} "
                "is blank. Add text to the text field, and try again."
            )


def _constraint(wrong: ValidationError) -> str:
    first = wrong.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return "The request body is not valid JSON."
    where = ".".join(map(str, first["loc"])) or "body"
    return (
        f"{wrong.error_count()} validation error(s) detected: "
        f"Value at '{where}' failed to satisfy constraint: {first['msg']}"
    )
