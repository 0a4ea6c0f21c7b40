"""Everything the door can say no with: a stable code, what was wrong, and what to do, in zh and en."""

from services.gateway.words import DoorRefused


class TooLarge(DoorRefused):
    """The event or the batch is too large."""

    code = "E-GTW-SIZE"
    status = 413
    zh = "事件或批次过大。"
    remedy = "At most 256 KiB an event, and 100 events and 4 MiB a batch; send the rest in another batch."
    remedy_zh = "单个事件不超过 256 KiB，一批不超过 100 个事件和 4 MiB；其余的请放入下一批。"


class BadKey(DoorRefused):
    """The API key is missing, unknown, expired or revoked."""

    code = "E-GTW-KEY"
    status = 401
    zh = "API 密钥缺失、未知、已过期或已吊销。"
    remedy = (
        "Send `Authorization: Bearer tlr_...` with a key in force; an administrator can issue or rotate one."
    )
    remedy_zh = "请用有效密钥发送 `Authorization: Bearer tlr_...`；管理员可以签发或轮换密钥。"


class OtherEnterprise(DoorRefused):
    """The key belongs to one enterprise, and the event names another."""

    code = "E-GTW-ENTERPRISE"
    status = 403
    zh = "密钥属于一家企业，而事件写的是另一家。"
    remedy = "Leave `enterprise_id` out, or state the enterprise of the key."
    remedy_zh = "请省略 `enterprise_id`，或填写密钥所属企业的编号。"


class TypeNotAllowed(DoorRefused):
    """The key may not send events of this type."""

    code = "E-GTW-SCOPE"
    status = 403
    zh = "此密钥不能发送这种类型的事件。"
    remedy = "Ask an administrator for a key whose scope has this type."
    remedy_zh = "请向管理员申请包含此类型的密钥。"


class QuotaReached(DoorRefused):
    """The source has reached its quota for this minute."""

    code = "E-GTW-QUOTA"
    status = 429
    zh = "该来源本分钟的配额已用完。"
    remedy = (
        "Wait as long as `Retry-After` says and send the same event again: the same id is taken once only."
    )
    remedy_zh = "请按 `Retry-After` 等待后重发同一事件：相同编号只会生效一次。"


class WrongMedia(DoorRefused):
    """The content type is none that is read here."""

    code = "E-GTW-MEDIA"
    status = 415
    zh = "不支持此内容类型。"
    remedy = (
        "Send application/cloudevents+json, application/cloudevents-batch+json, "
        "or ce- headers with application/json."
    )
    remedy_zh = (
        "请用 application/cloudevents+json 或 application/cloudevents-batch+json，或 ce- 标头加 JSON。"
    )


class NotJson(DoorRefused):
    """The body is not JSON in UTF-8."""

    code = "E-GTW-JSON"
    status = 422
    zh = "正文不是 UTF-8 编码的 JSON。"
    remedy = "Send valid JSON in UTF-8, without NaN, null characters or more than 32 levels of nesting."
    remedy_zh = "请发送有效的 UTF-8 JSON，不含 NaN 和空字符，嵌套不超过 32 层。"


class BadEnvelope(DoorRefused):
    """The CloudEvents attributes are incomplete or wrong."""

    code = "E-GTW-ENVELOPE"
    status = 422
    zh = "CloudEvents 属性不完整或不正确。"
    remedy = (
        "State specversion 1.0, id, source and type (each at most 200 characters), and data as an object."
    )
    remedy_zh = "请填写 specversion（1.0）、id、source、type（各不超过 200 字符），data 为对象。"


class UnknownType(DoorRefused):
    """There is no public event of this type."""

    code = "E-GTW-TYPE"
    status = 422
    zh = "没有这种类型的公开事件。"
    remedy = "Choose a type from /v1/catalogue."
    remedy_zh = "请从 /v1/catalogue 中选择类型。"


class BadShape(DoorRefused):
    """The data does not have the form of this type."""

    code = "E-GTW-SCHEMA"
    status = 422
    zh = "数据不符合该类型的格式。"
    remedy = "Correct the named fields; the schema and an example are in /v1/catalogue."
    remedy_zh = "请更正所列字段；格式和示例见 /v1/catalogue。"


class NotYours(DoorRefused):
    """The event names something that your enterprise does not have."""

    code = "E-GTW-ID"
    status = 422
    zh = "事件提到了贵企业没有的对象。"
    remedy = "Use the id that your enterprise published or was told; if it is new, mint a new UUID for it."
    remedy_zh = "请使用贵企业发布过或收到过的编号；如果是新的，请生成新的 UUID。"


class SameIdOtherContent(DoorRefused):
    """This source and id were already used for an event with other content."""

    code = "E-GTW-CONFLICT"
    status = 409
    zh = "此来源和编号已用于内容不同的事件。"
    remedy = "Give every new event a new id; to correct a fact, send a new event."
    remedy_zh = "每个新事件请使用新编号；要更正事实，请发送新事件。"


class NotAll(DoorRefused):
    """Some events of the batch cannot be taken, so none was."""

    code = "E-GTW-ATOMIC"
    status = 422
    zh = "批次中有些事件无法接受，因此全部未接受。"
    remedy = "Correct the events whose result has a problem, or leave `atomic` out."
    remedy_zh = "请更正结果中有问题的事件，或去掉 `atomic`。"


class NotAWorkbook(DoorRefused):
    """The file is not the workbook of this event type."""

    code = "E-GTW-WORKBOOK"
    status = 422
    zh = "文件不是该事件类型的工作簿。"
    remedy = "Download the template again, copy your rows into its first sheet and keep its heading row."
    remedy_zh = "请重新下载模板，把数据行复制到第一张表中，并保留标题行。"


class BadRows(DoorRefused):
    """Some rows cannot be sent; nothing was sent."""

    code = "E-GTW-ROWS"
    status = 422
    zh = "有些行无法发送；没有发送任何内容。"
    remedy = "Correct the listed cells and upload the file again."
    remedy_zh = "请更正所列单元格后重新上传。"


REFUSALS: tuple[type[DoorRefused], ...] = (
    TooLarge,
    BadKey,
    OtherEnterprise,
    TypeNotAllowed,
    QuotaReached,
    WrongMedia,
    NotJson,
    BadEnvelope,
    UnknownType,
    BadShape,
    NotYours,
    SameIdOtherContent,
    NotAll,
    NotAWorkbook,
    BadRows,
)
