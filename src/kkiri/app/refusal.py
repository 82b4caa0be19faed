"""A refusal that came out of a task group, without the group."""

from kkiri.base.errors import KkiriError


def only_refusal(errors: BaseExceptionGroup[BaseException]) -> KkiriError | None:
    """Give the one that a person is told; None when something else failed as well."""
    ours, other = errors.split(KkiriError)
    if ours is None or other is not None:
        return None
    first: BaseException = ours
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, KkiriError) else None
