"""What pydantic found wrong, in words for the person who integrates, in zh and en."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from services.gateway.words import Fault, Words

MOST = 20
LONGEST = 300

SAYINGS: dict[str, tuple[str, str, str, str]] = {
    # type: zh what, zh remedy, en what, en remedy
    "missing": ("缺少此字段", "补上此字段", "this field is missing", "Add it."),
    "extra_forbidden": (
        "没有这个字段",
        "删除它或检查拼写",
        "there is no such field",
        "Remove it, or check its spelling.",
    ),
    "int_type": (
        "应为整数",
        "填写不带引号的整数",
        "must be a whole number",
        "Write a whole number without quotes.",
    ),
    "int_from_float": ("应为整数", "填写整数", "must be a whole number", "Write a whole number."),
    "float_type": ("应为数字", "填写不带引号的数字", "must be a number", "Write a number without quotes."),
    "finite_number": ("应为有限数字", "填写普通数字", "must be a finite number", "Write an ordinary number."),
    "bool_type": (
        "应为 true 或 false",
        "填写 true 或 false",
        "must be true or false",
        "Write true or false.",
    ),
    "string_type": ("应为文本", "用引号括起", "must be a text", "Put it into quotes."),
    "string_too_short": (
        "文本太短",
        "至少 {min_length} 个字符",
        "the text is too short",
        "At least {min_length} characters.",
    ),
    "string_too_long": (
        "文本太长",
        "最多 {max_length} 个字符",
        "the text is too long",
        "At most {max_length} characters.",
    ),
    "string_pattern_mismatch": (
        "不是有效的代码",
        "只用字母、数字、点、下划线和连字符，以字母或数字开头，最多 64 个",
        "not a valid code",
        "Use letters, digits, dot, underscore and hyphen, starting with a letter or digit, at most 64.",
    ),
    "list_type": ("应为列表", "填写列表", "must be a list", "Write a list."),
    "dict_type": ("应为对象", "填写对象", "must be an object", "Write an object."),
    "model_type": ("应为对象", "填写对象", "must be an object", "Write an object."),
    "model_attributes_type": ("应为对象", "填写对象", "must be an object", "Write an object."),
    "too_short": ("项目太少", "至少 {min_length} 项", "too few entries", "At least {min_length}."),
    "too_long": ("项目太多", "最多 {max_length} 项", "too many entries", "At most {max_length}."),
    "enum": ("不是允许的值", "可选：{expected}", "not one of the values", "Choose {expected}."),
    "less_than_equal": ("数值过大", "最大 {le}", "too large", "At most {le}."),
    "greater_than_equal": ("数值过小", "最小 {ge}", "too small", "At least {ge}."),
    "greater_than": ("数值过小", "必须大于 {gt}", "too small", "Must be greater than {gt}."),
    "set_in_part": (
        "缺少能力要求的制定者、制定日期或方法",
        "同时填写 set_by、set_on 和 method，或都不填（记为“未记录”）",
        "who set the levels, when or how is missing",
        "Say set_by, set_on and method together, or none of them (then they are not recorded).",
    ),
    "decimal_type": ("应为数字", "填写数字", "must be a number", "Write a number."),
    "decimal_parsing": ("应为数字", "填写数字", "must be a number", "Write a number."),
    "decimal_max_digits": ("位数太多", "最多 {max_digits} 位", "too many digits", "At most {max_digits}."),
    "decimal_max_places": (
        "小数位太多",
        "最多 {decimal_places} 位小数",
        "too many decimals",
        "At most {decimal_places}.",
    ),
    "decimal_whole_digits": (
        "位数太多",
        "最多 {whole_digits} 位整数",
        "too many digits",
        "At most {whole_digits} before the point.",
    ),
}
DAY = ("不是日期", "按 2021-10-01 的格式填写存在的日期", "not a date", "Write an existing day as 2021-10-01.")
ID = ("不是 UUID", "填写 UUID，例如 0190b7a4-…", "not a UUID", "Write a UUID such as 0190b7a4-....")
ELSE = (
    "不符合格式（{message}）",
    "参见 /v1/catalogue 的格式",
    "{message}",
    "See the schema in /v1/catalogue.",
)


def faults_of(error: ValidationError) -> list[Fault]:
    """The first faults of an event, each with its place."""
    return [_fault(dict(found)) for found in error.errors(include_url=False, include_input=False)[:MOST]]


def _fault(found: Mapping[str, Any]) -> Fault:
    field = ".".join(str(step)[:64] for step in found["loc"])[:LONGEST] or "data"
    details = {"message": str(found["msg"])[:LONGEST], **found.get("ctx", {})}
    zh, zh_do, en, en_do = (saying.format(**details) for saying in _saying(str(found["type"])))
    return Fault(field, Words(zh, en), Words(zh_do, en_do))


def _saying(kind: str) -> tuple[str, str, str, str]:
    if kind.startswith("uuid"):
        return ID
    if kind.startswith("date"):
        return DAY
    return SAYINGS.get(kind, ELSE)
