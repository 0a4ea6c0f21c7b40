"""What recruitment refuses, in both languages, with the way out."""

from shared.errors import Invalid, NotFound, Refused


class AgreementUnknown(NotFound):
    """No such agreement has been reported."""

    code = "E-RCR-AGREEMENT"
    zh = "尚未收到该协议。"
    remedy = "Let the enterprise send AgreementSigned first, or wait until it has arrived."
    remedy_zh = "请企业先发送 AgreementSigned 事件，或等待其到达。"


class TemplateUnusable(Invalid):
    """The programme template is unknown or breaks a rule of its grammar."""

    code = "E-RCR-TEMPLATE"
    zh = "项目模板不存在或不符合模板规则。"
    remedy = "Check it with `tailored templates check FILE`."
    remedy_zh = "请用 `tailored templates check 文件` 检查。"


class ProgrammeUnknown(NotFound):
    """No such programme."""

    code = "E-RCR-PROGRAMME"
    zh = "没有该项目。"


class IntakeUnknown(NotFound):
    """No such intake."""

    code = "E-RCR-INTAKE"
    zh = "没有该招生批次。"


class ApplicationUnknown(NotFound):
    """No such application, or it is not yours to see."""

    code = "E-RCR-APPLICATION"
    zh = "没有该申请，或您无权查看。"


class CodeUnknown(NotFound):
    """This code opens nothing: it was mistyped, has expired, or was withdrawn."""

    code = "E-RCR-CODE"
    zh = "此访问码无效：可能输入有误、已过期或已被撤回。"
    remedy = "Compare it with the letter, or ask the college for a new one."
    remedy_zh = "请与通知书核对，或向学院申请新的访问码。"


class TooManyCodes(Refused):
    """These are too many codes to make at once."""

    code = "E-RCR-CODES"
    zh = "一次生成的访问码过多。"
    remedy = "Choose applications of one state, or name them."
    remedy_zh = "请按状态选择，或指明具体申请。"


class CohortUnknown(NotFound):
    """No such cohort or trainee."""

    code = "E-RCR-COHORT"
    zh = "没有该班级或学员。"


class ImportUnknown(NotFound):
    """No such import."""

    code = "E-RCR-IMPORT"
    zh = "没有该导入任务。"


class ImportNotChecked(Refused):
    """This file is not waiting for a decision, or has rows to mend."""

    code = "E-RCR-IMPORT-STATE"
    zh = "该文件不在待确认状态，或仍有需要改正的行。"
    remedy = "Mend the rows that are listed and upload the file again."
    remedy_zh = "请改正列出的行后重新上传。"


class AlreadyThere(Refused):
    """This id is already taken."""

    code = "E-RCR-EXISTS"
    zh = "该编号已被使用。"


class SeatsMissing(Invalid):
    """Neither the intake nor its template says how many seats there are."""

    code = "E-RCR-SEATS-MISSING"
    zh = "招生批次与模板均未给出名额。"


class TooManySeats(Refused):
    """More seats than the template allows for one enterprise in one year."""

    code = "E-RCR-SEATS"
    zh = "名额超过模板规定的每企业每年上限。"
    remedy = "Lower the seats, or open an intake for another enterprise."
    remedy_zh = "请减少名额，或为另一家企业另开批次。"


class ReservesTooLarge(Invalid):
    """The source groups reserve more than all seats."""

    code = "E-RCR-RESERVES"
    zh = "各来源预留名额之和超过总名额。"


class IntakeNotOpen(Refused):
    """This intake no longer takes applications."""

    code = "E-RCR-NOT-OPEN"
    zh = "该招生批次已不再接受申请。"


class IntakeNotSelected(Refused):
    """This intake has not been decided, or is already enrolled."""

    code = "E-RCR-NOT-SELECTED"
    zh = "该批次尚未录取，或已完成入学。"


class EnterpriseNotInProgramme(Invalid):
    """This enterprise does not take part in the programme."""

    code = "E-RCR-ENTERPRISE"
    zh = "该企业不参与此项目。"


class BadRows(Invalid):
    """Some rows cannot be taken; nothing was saved."""

    code = "E-RCR-ROWS"
    zh = "部分行无法接受；未保存任何内容。"
    remedy = "Correct the rows listed under `problems` and send all of them again."
    remedy_zh = "请改正 problems 中列出的行，然后重新全部提交。"


class NoOpenOffer(Refused):
    """There is no open offer to answer here."""

    code = "E-RCR-OFFER"
    zh = "此处没有待答复的录取通知。"


class OffersStillOpen(Refused):
    """Some offers have not been answered yet."""

    code = "E-RCR-OFFERS-OPEN"
    zh = "尚有录取通知未答复。"
    remedy = "Wait until they are answered or expire, or withdraw them."
    remedy_zh = "请等待答复或到期，或将其撤回。"


class ClassTooSmall(Refused):
    """Fewer trainees accepted than the class must have."""

    code = "E-RCR-CLASS-SIZE"
    zh = "接受录取的人数低于开班最低人数。"


class InTwoProgrammes(Refused):
    """A person cannot be in two running programmes."""

    code = "E-RCR-OVERLAP"
    zh = "一个人不能同时在两个进行中的项目里。"


class IntakeDates(Invalid):
    """An intake closes on or after the day on which it opens."""

    code = "E-RCR-DATES"
    zh = "截止日期不能早于开始日期。"


class UnknownName(Invalid):
    """This names nothing that the intake has."""

    code = "E-RCR-NAME"
    zh = "该名称在此批次中不存在。"


class MarkOutside(Invalid):
    """A mark lies outside the scale of its criterion."""

    code = "E-RCR-MARK"
    zh = "评分超出该项的评分范围。"


class FileTooLarge(Refused):
    """The file is larger than 32 MiB."""

    code = "E-RCR-FILE"
    status = 413
    zh = "文件超过 32 MiB。"
    remedy = "Split it."
    remedy_zh = "请拆分文件。"


class YearOfStudy(Refused):
    """A class is formed only from the years of study that its template names."""

    code = "E-RCR-YEAR"
    zh = "只能由模板规定年级的学员组班。"


class NotMonday(Invalid):
    """A cohort starts on a Monday."""

    code = "E-RCR-MONDAY"
    zh = "班级必须从星期一开始。"
