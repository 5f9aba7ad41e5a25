"""A question as a caller submits it."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from sluice.ids import is_job_id

#: Kendra reads only 30 words. Text longer than this limit is a document, not a question.
MAX_QUESTION_CHARACTERS = 1_000
MAX_FILTER_CHARACTERS = 2_048
MAX_FILTER_VALUES = 20


def _has_something_to_ask(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise ValueError("must have at least one letter or digit")
    return text


def _is_a_job_id(text: str) -> str:
    if not is_job_id(text):
        raise ValueError("must be a job id")
    return text


def _of_one_type(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    # Otherwise pydantic reports one error for each type that the value might have.
    try:
        return validate(value)
    except ValidationError:
        raise ValueError(
            f"must be a string of 1 to {MAX_FILTER_CHARACTERS} characters, a 64-bit integer, "
            f"or a list of 1 to {MAX_FILTER_VALUES} such strings"
        ) from None


ShortText = Annotated[str, StringConstraints(min_length=1, max_length=512)]
FilterName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
#: Kendra stores signed 64-bit integers.
FilterNumber = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
FilterText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_FILTER_CHARACTERS)]
FilterTexts = Annotated[list[FilterText], Field(min_length=1, max_length=MAX_FILTER_VALUES)]


class Question(BaseModel):
    """The body of POST /jobs. Unknown fields are refused, so that a typo is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    question: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION_CHARACTERS),
        AfterValidator(_has_something_to_ask),
    ]
    #: The completed job that this question follows up, with the last turns of its conversation.
    previous_job_id: Annotated[str, AfterValidator(_is_a_job_id)] | None = None
    #: Search only documents with these attributes.
    filter: (
        Annotated[
            dict[
                FilterName,
                Annotated[FilterText | FilterNumber | FilterTexts, WrapValidator(_of_one_type)],
            ],
            Field(max_length=10),
        ]
        | None
    ) = None
    #: "bulk" lets interactive questions go first.
    lane: Literal["bulk"] | None = None
    #: In seconds. A job that has not started by then is cancelled.
    max_wait_seconds: Annotated[float, Field(gt=0, le=604_800, allow_inf_nan=False)] | None = None
    #: The caller's own data. It is returned with the job and otherwise ignored.
    metadata: Annotated[
        dict[ShortText, Annotated[str, StringConstraints(max_length=512)]], Field(max_length=16)
    ] = {}
