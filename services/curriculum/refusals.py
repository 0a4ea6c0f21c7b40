"""What curriculum refuses, in both languages, with the way out."""

from shared.errors import Forbidden, Invalid, NotFound, Refused


class ProgrammeUnknown(NotFound):
    """No such programme has been opened here yet."""

    code = "E-CUR-PROGRAMME"
    zh = "尚无该培养项目。"
    remedy = "Open it at recruitment first, or wait until the news has arrived."
    remedy_zh = "请先在招生服务中开设该项目，或等待消息到达。"


class PositionUnknown(NotFound):
    """The enterprise has not published this position yet."""

    code = "E-CUR-POSITION"
    zh = "企业尚未发布该岗位。"
    remedy = "Let the enterprise send PositionPublished first."
    remedy_zh = "请企业先发送 PositionPublished 事件。"


class PlanUnknown(NotFound):
    """There is no such plan or version."""

    code = "E-CUR-PLAN"
    zh = "没有该培养方案或版本。"


class PlanAlreadyPublished(Refused):
    """A published plan version cannot be changed; open a revision."""

    code = "E-CUR-PUBLISHED"
    zh = "已发布的培养方案版本不可更改，请发起修订。"
    remedy = "POST /curriculum/v1/revisions"
    remedy_zh = "POST /curriculum/v1/revisions"


class PlanBroken(Invalid):
    """The plan does not hold together."""

    code = "E-CUR-BROKEN"
    zh = "培养方案内容不一致。"


class PlanBookBroken(Invalid):
    """The workbook is no plan yet."""

    code = "E-CUR-BOOK"
    zh = "该工作簿还不是完整的培养方案。"
    remedy = "Correct the cells that are named and send it again; nothing was published."
    remedy_zh = "请更正所列单元格后重新上传；尚未发布任何内容。"


class OriginMissing(Invalid):
    """A requirement does not say who set it, when and how."""

    code = "E-CUR-ORIGIN"
    zh = "能力要求未说明由谁、何时、以何种方法制定。"
    remedy = "Give set_by, set_on and method with each requirement, or leave requirements out: the positions then give them."
    remedy_zh = "为每项要求填写 set_by、set_on 和 method；或不填 requirements，由岗位给出。"


class RevisionUnknown(NotFound):
    """There is no such revision."""

    code = "E-CUR-REVISION"
    zh = "没有该修订。"


class DraftBroken(Invalid):
    """The edited hours break a rule of the plan."""

    code = "E-CUR-DRAFT"
    zh = "修改后的学时违反培养方案的规则。"


class IntroductionRefused(Invalid):
    """The version cannot be introduced by these groups."""

    code = "E-CUR-INTRODUCTION"
    zh = "不能按这些小组分批引入新版本。"
    remedy = "Choose some of the groups of the timetable to be first, and a later boundary that the plan still has."
    remedy_zh = "请从课表的小组中选择先行的部分小组，并选择方案中仍有的后续节点。"


class ContentChanged(Refused):
    """The proposal has changed since you read it."""

    code = "E-CUR-STALE"
    zh = "该提案在您阅读之后已被修改。"
    remedy = "Read it again; votes count only for the content they were cast on."
    remedy_zh = "请重新阅读；投票只对当时的内容有效。"


class WrongSide(Forbidden):
    """You vote for your own side only."""

    code = "E-CUR-SIDE"
    zh = "您只能代表本方投票。"


class NotOfThisProgramme(Forbidden):
    """Your college or enterprise is not part of this programme."""

    code = "E-CUR-PARTY"
    zh = "您所在的院校或企业不属于该培养项目。"


class AlreadyVoted(Refused):
    """You have voted on this content already."""

    code = "E-CUR-VOTED"
    zh = "您已对该内容投过票。"


class CommentNeeded(Invalid):
    """Say why: returning, rejecting and withdrawing need a comment."""

    code = "E-CUR-COMMENT"
    zh = "退回、否决或撤回须填写意见。"


class CohortUnknown(NotFound):
    """There is no such cohort, or it is not yours to see."""

    code = "E-CUR-COHORT"
    zh = "没有这个班，或您无权查看。"


class ExaminationRefused(Invalid):
    """These results do not fit the examination of the programme."""

    code = "E-CUR-EXAM"
    zh = "成绩与该项目的考核规定不符。"


class CredentialRefused(Refused):
    """No credential can be awarded here yet."""

    code = "E-CUR-CREDENTIAL"
    zh = "尚不能在此授予证书。"


class CredentialUnknown(NotFound):
    """There is no such credential, or it is not yours to see."""

    code = "E-CUR-AWARD"
    zh = "没有该证书，或您无权查看。"


class FrameworkUnknown(NotFound):
    """There is no such framework."""

    code = "E-CUR-FRAMEWORK"
    zh = "没有该能力框架。"


class FrameworkBroken(Invalid):
    """The framework cannot be read."""

    code = "E-CUR-TABLE"
    zh = "无法读取该能力框架。"


class NoSeat(Forbidden):
    """You have no vote on this revision."""

    code = "E-CUR-SEAT"
    zh = "您对该修订没有表决权。"
    remedy = "A panel member can hand a vote on to you, or a coordinator can add you."
    remedy_zh = "可由评审成员转交，或由专业负责人加签。"


class SeatGivenAway(Refused):
    """You have handed your vote on to somebody else."""

    code = "E-CUR-GIVEN"
    zh = "您已将表决转交他人。"


class ConflictOfInterest(Forbidden):
    """You asked for this change or have a conflict of interest, so you do not decide on it."""

    code = "E-CUR-CONFLICT"
    zh = "您是该修订的提出人或存在利益冲突，须回避表决。"
    remedy = "Hand your vote on to a colleague."
    remedy_zh = "请将表决转交给同事。"


class SeatRefused(Invalid):
    """The seats of this revision cannot be changed like this."""

    code = "E-CUR-HAND"
    zh = "不能这样变更该修订的席位。"


class DeadlineRefused(Invalid):
    """The new deadline must lie ahead."""

    code = "E-CUR-DEADLINE"
    zh = "新的期限须晚于今天。"


class NudgedToday(Refused):
    """The panels have been nudged today already."""

    code = "E-CUR-NUDGED"
    zh = "今天已经催办过。"


class NotEnded(Refused):
    """Only a revision that has ended can be taken up again, and only once."""

    code = "E-CUR-REOPEN"
    zh = "只有已结束的修订才能重新发起，且只能一次。"


class PackUnknown(Invalid):
    """There is no such pack of rules for plans."""

    code = "E-CUR-PACK"
    zh = "没有该培养方案规则包。"


class RuleBroken(Invalid):
    """The plan breaks a rule of its pack."""

    code = "E-CUR-RULE"
    zh = "培养方案违反规则包中的规定。"


class PaperUnavailable(Refused):
    """This machine cannot draw PDF: the system libraries of pango are missing."""

    code = "E-CUR-PDF"
    status = 503
    zh = "本机无法生成 PDF：缺少 pango 系统库。"
    remedy = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    remedy_zh = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


class MarksRefused(Invalid):
    """These marks do not fit the plan or the cohort."""

    code = "E-CUR-MARKS"
    zh = "成绩与培养方案或班级不符。"
