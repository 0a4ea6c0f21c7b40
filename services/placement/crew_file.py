"""The release limits of crews as a problem file states them: of each crew, how many may be away in a week."""

from typing import Any

from services.placement.file_checks import BadFile, number, numbers


def crew_release(value: Any, weeks: int) -> dict[str, list[int]]:
    """Of each crew one number for all weeks, or a list of one for each."""
    if not isinstance(value, dict):
        raise BadFile(
            "crew_release", "must map each crew to how many may be away", "必须把每个班组对应到可离岗人数"
        )
    return {str(name): _weekly(limit, f"crew_release.{name}", weeks) for name, limit in value.items()}


def _weekly(limit: Any, place: str, weeks: int) -> list[int]:
    if not isinstance(limit, list):
        return [number(limit, place)] * weeks
    if len(limit) != weeks:
        raise BadFile(
            place, f"has {len(limit)} values for {weeks} weeks", f"有 {len(limit)} 个值，但周数为 {weeks}"
        )
    return numbers(limit, place)


def class_crew(value: Any, classes: int, limits: dict[str, list[int]]) -> list[str | None]:
    """The crew of each class, or null; no list at all where nobody works in a crew."""
    if not isinstance(value, list) or (value and len(value) != classes):
        raise BadFile(
            "class_crew",
            f"must name a crew, or null, for each of the {classes} classes",
            f"必须为 {classes} 个班级各给出一个班组或 null",
        )
    for at, name in enumerate(value):
        if name is not None and (not isinstance(name, str) or name not in limits):
            raise BadFile(
                f"class_crew[{at}]",
                f"crew {name!r} has no limit in crew_release",
                f"班组 {name!r} 在 crew_release 中没有限额",
            )
    return list(value)
