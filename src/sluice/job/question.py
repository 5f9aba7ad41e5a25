"""A question as a caller submits it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from sluice.ids import is_job_id

#: Longer texts are documents, not questions; Kendra reads 30 words of it.
MAX_QUESTION_CHARACTERS = 1_000


def _has_something_to_ask(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise ValueError("it contains no letter or digit")
    return text


def _is_a_job_id(text: str) -> str:
    if not is_job_id(text):
        raise ValueError("it is not a job id")
    return text


ShortText = Annotated[str, StringConstraints(min_length=1, max_length=512)]
FilterName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
#: A Long of Kendra's.
FilterNumber = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
FilterText = Annotated[str, StringConstraints(min_length=1, max_length=2048)]


class Question(BaseModel):
    """The body of POST /jobs. Unknown fields are refused, so that a typing error is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    question: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION_CHARACTERS),
        AfterValidator(_has_something_to_ask),
    ]
    #: A follow-up: the last turns of that conversation travel along.
    previous_job_id: Annotated[str, AfterValidator(_is_a_job_id)] | None = None
    #: Only documents with these attributes are searched.
    filter: (
        Annotated[
            dict[
                FilterName,
                FilterText
                | FilterNumber
                | Annotated[list[FilterText], Field(min_length=1, max_length=20)],
            ],
            Field(max_length=10),
        ]
        | None
    ) = None
    #: "bulk" to step aside for those who wait for their answers.
    lane: Literal["bulk"] | None = None
    #: Seconds; a job that has not begun by then is cancelled.
    max_wait_seconds: Annotated[float, Field(gt=0, le=604_800, allow_inf_nan=False)] | None = None
    #: Handed back with the job, never looked at.
    metadata: Annotated[
        dict[ShortText, Annotated[str, StringConstraints(max_length=512)]], Field(max_length=16)
    ] = {}
