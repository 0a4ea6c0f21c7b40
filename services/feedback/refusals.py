"""What feedback refuses, in both languages, with the way out."""

from shared.errors import Forbidden, Invalid, NotFound, Refused


class RatingChanged(Refused):
    """A rating with this id exists with other content; a rating is never changed."""

    code = "E-FBK-RATING"
    zh = "该编号的评价已存在且内容不同；评价一经提交不可更改。"
    remedy = "Send a new rating with a new rating_id; both are kept with their days."
    remedy_zh = "请使用新的 rating_id 提交新的评价；两次评价都会按日期保留。"


class NotYourTrainee(Forbidden):
    """This trainee is not with you: mentors rate those whom they guide."""

    code = "E-FBK-TRAINEE"
    zh = "该学员不由您指导；师傅只能评价自己指导的学员。"


class CompetencyNotAsked(NotFound):
    """The plan of this trainee does not ask for this competency."""

    code = "E-FBK-COMPETENCY"
    zh = "该学员的培养方案不要求此项能力。"


class DayAhead(Invalid):
    """The day of observation lies ahead."""

    code = "E-FBK-DAY"
    zh = "观察日期晚于今天。"


class StepsDisagree(Invalid):
    """The observed steps give another level than the one sent."""

    code = "E-FBK-STEPS"
    zh = "所观察步骤对应的等级与提交的等级不一致。"
    remedy = "Send steps without a level; the level is 1 + round(4 x share of steps seen done)."
    remedy_zh = "只提交步骤即可；等级 = 1 + 四舍五入(4 × 已完成步骤比例)。"


class StepsNotAgreed(Invalid):
    """So many steps were sent, so many are agreed for this competency."""

    code = "E-FBK-STEPS-AGREED"
    zh = "提交的步骤数与该能力商定的步骤数不同。"
    remedy = (
        "Read the steps from GET /feedback/v1/mentors/{id}/tasks and answer each of them with true or false."
    )
    remedy_zh = "请从 GET /feedback/v1/mentors/{id}/tasks 读取步骤，并逐一以 true 或 false 回答。"


class StepsIncomplete(Invalid):
    """Every step needs a yes or a no; else give a level."""

    code = "E-FBK-STEPS-OPEN"
    zh = "每个步骤都须回答“是”或“否”；否则请直接给出等级。"
    remedy = "Answer the remaining steps, or choose a level."
    remedy_zh = "请回答其余步骤，或直接选择等级。"


class FormBroken(Invalid):
    """The form came with something that its page cannot send; open the page anew."""

    code = "E-FBK-FORM"
    zh = "表单内容无法识别；请重新打开页面。"


class StepsIllWritten(Invalid):
    """Write one step a line, as many lines in Chinese as in English, at most 20."""

    code = "E-FBK-STEPS-FORM"
    zh = "每行写一个步骤，中英文行数须相同，最多 20 行。"


class ProgrammeUnknown(NotFound):
    """No such programme."""

    code = "E-FBK-PROGRAMME"
    zh = "没有该培养项目。"


class CohortUnknown(NotFound):
    """No such cohort, or it is not yours to see."""

    code = "E-FBK-COHORT"
    zh = "没有该班级，或您无权查看。"


class GapUnknown(NotFound):
    """No such gap."""

    code = "E-FBK-GAP"
    zh = "没有该差距记录。"


class MentorUnknown(NotFound):
    """No such mentor, or it is not you."""

    code = "E-FBK-MENTOR"
    zh = "没有该师傅，或并非您本人。"


class RatingOfAnother(Refused):
    """The mentor of this rating belongs to another enterprise."""

    code = "E-FBK-ENTERPRISE"
    status = 404
    zh = "该评价的师傅属于其他企业。"


class VignetteUnknown(NotFound):
    """No such vignette or programme, or it is not asked of you."""

    code = "E-FBK-VIGNETTE"
    zh = "没有该案例或项目，或未请您评价。"


class AnswerChanged(Refused):
    """You have rated this vignette this term with another level; the first answer counts."""

    code = "E-FBK-ANSWER"
    zh = "本学期您已评价过该案例且等级不同；以首次评价为准。"
    remedy = "Rate it again next term; a change of scale then shows."
    remedy_zh = "请在下学期再次评价；尺度的变化届时可见。"


class VignetteIncomplete(Invalid):
    """Something is missing: a vignette needs a competency, its story in both languages, and an agreed level; an answer a level."""

    code = "E-FBK-VIGNETTE-FORM"
    zh = "内容不完整：案例须有能力项、中英文情境和商定等级；评价须选择等级。"
    remedy = "Fill in what is missing and send it again."
    remedy_zh = "请补全后重新提交。"


class ContestOpen(Refused):
    """You have contested your severity already, and the college has not answered yet."""

    code = "E-FBK-CONTEST"
    zh = "您已提出异议，院校尚未答复。"
    remedy = "Wait for the answer; then you may contest again."
    remedy_zh = "请等待答复；答复后可再次提出。"


class ContestAnswered(Refused):
    """This was answered already, with other words; an answer is never changed."""

    code = "E-FBK-CONTEST-ANSWERED"
    zh = "该异议已有答复且内容不同；答复不可更改。"
    remedy = "Speak to the mentor, who may contest again."
    remedy_zh = "请与该师傅沟通；对方可再次提出异议。"


class ContestUnknown(NotFound):
    """Nothing was contested under this id."""

    code = "E-FBK-CONTEST-UNKNOWN"
    zh = "没有该异议记录。"


class ContestEmpty(Invalid):
    """Say why, in at most 2,000 characters."""

    code = "E-FBK-CONTEST-FORM"
    zh = "请写明理由，不超过 2000 字。"


class CommentAlone(Invalid):
    """A comment stands beside a rating: choose a level too, or tick "no chance to see it"."""

    code = "E-FBK-COMMENT-ALONE"
    zh = "评语须与评价一同提交：请选择等级，或勾选“没有机会看到”。"


class CommentUnknown(NotFound):
    """There is no comment under this id, or it is not for you."""

    code = "E-FBK-COMMENT-UNKNOWN"
    zh = "没有该评语，或您无权查看。"


class NothingChosen(Invalid):
    """Choose what the comment is about, or say that it is about none of these."""

    code = "E-FBK-COMMENT-ABOUT"
    zh = "请选择该评语涉及的能力，或选择“均不涉及”。"
