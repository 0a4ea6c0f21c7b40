"""What our codes (states, verdicts, roles, kinds) are called, in both languages."""

from shared.web.language import spoken
from shared.web.names_of_evidence import EVIDENCE
from shared.web.names_of_revisions import REVISIONS

Pair = tuple[str, str]
NAMES: dict[str, dict[str, Pair]] = {
    "role": {
        "coordinator": ("专业负责人", "coordinator"),
        "panel-college": ("院校评审", "college panel"),
        "panel-enterprise": ("企业评审", "enterprise panel"),
        "mentor": ("师傅", "mentor"),
        "teacher": ("教师", "teacher"),
        "trainee": ("学员", "trainee"),
        "applicant": ("申请人", "applicant"),
        "manager": ("院领导", "manager"),
        "integrator": ("系统对接", "integrator"),
        "operator": ("运维", "operator"),
        "admin": ("系统管理员", "administrator"),
    },
    "side": {"college": ("院校", "College"), "enterprise": ("企业", "Enterprise")},
    "setting": {
        "theory": ("理论", "Theory"),
        "simulation": ("仿真", "Simulation"),
        "workshop": ("车间实训", "Workshop"),
        "line": ("产线", "Line"),
    },
    "layer": {
        "common": ("公共层", "common to all"),
        "direction": ("方向层", "for a direction"),
        "position": ("岗位层", "for a position"),
    },
    "step": {
        "feedback": ("企业反馈", "Feedback"),
        "trigger": ("触发判断", "Trigger"),
        "revision": ("修订提案", "Revision"),
        "approval": ("联合审批", "Joint approval"),
        "effect": ("生效与成效", "In effect"),
    },
    "service": {
        "gateway": ("入口", "gateway"),
        "enterprise": ("企业", "enterprise"),
        "recruitment": ("招生", "recruitment"),
        "curriculum": ("培养方案", "curriculum"),
        "placement": ("实习安排", "placement"),
        "feedback": ("企业反馈", "feedback"),
    },
    "outcome": {
        "done": ("已处理", "handled"),
        "failed": ("失败", "failed"),
        "waiting": ("等待前提", "waiting for what it refers to"),
        "under way": ("处理中", "under way"),
    },
    "promise": {
        "seats": ("招生名额", "seats"),
        "tuition": ("学费", "tuition"),
        "stations_per_week": ("每周工位", "stations per week"),
        "mentor_ratio": ("师徒比", "mentor ratio"),
        "jobs": ("岗位", "jobs"),
        "salary_band": ("薪资", "salary band"),
    },
    "intake": {
        "open": ("报名中", "taking applications"),
        "deciding": ("录取计算中", "being decided"),
        "selected": ("已录取", "selected"),
        "refused": ("未能开班", "cannot run"),
        "merged": ("已合班", "merged"),
        "enrolled": ("已入学", "enrolled"),
    },
    "import": {
        "checking": ("正在检查", "being checked"),
        "checked": ("已检查", "checked"),
        "saving": ("正在保存", "being saved"),
        "done": ("已保存", "saved"),
        "refused": ("未保存", "not saved"),
        "discarded": ("已放弃", "discarded"),
    },
    "application": {
        "submitted": ("已报名", "applied"),
        "offered": ("已录取，待确认", "offered a seat"),
        "accepted": ("已确认入学", "accepted the seat"),
        "waiting": ("候补", "on the waiting list"),
        "elsewhere": ("已被其他志愿录取", "placed elsewhere"),
        "refused": ("未录取", "not selected"),
        "declined": ("已放弃", "declined"),
        "expired": ("逾期未确认", "offer expired"),
        "withdrawn": ("已撤回", "withdrawn"),
        "enrolled": ("已入学", "enrolled"),
    },
    "timetable": {
        "waiting": ("等待前提", "waiting"),
        "computing": ("计算中", "computing"),
        "published": ("已发布", "published"),
        "impossible": ("无法排出", "impossible"),
    },
    "coverage": {
        "uncovered": ("未覆盖", "uncovered"),
        "thin": ("偏少", "thin"),
        "covered": ("已覆盖", "covered"),
        "over": ("偏多", "more than its share"),
        "not-asked": ("未要求", "not asked"),
    },
    "career": {
        "left": ("离职", "left"),
        "transferred": ("调动", "transferred"),
        "promoted": ("晋升", "promoted"),
    },
    "failed": {
        "failed": ("失败，等待人工", "failed, waits for a person"),
        "waiting": ("等待前提", "waiting for what it refers to"),
        "retrying": ("自动重试中", "being retried"),
        "blocked": ("排在失败消息之后", "held behind a failed one"),
        "archived": ("已归档", "archived"),
    },
    **REVISIONS,
    **EVIDENCE,
}


def name_of(kind: str, code: object) -> str:
    """The name of a code; the code itself where it has none."""
    pair = NAMES.get(kind, {}).get(str(code))
    return str(code) if pair is None else pair[0] if spoken.get() == "zh" else pair[1]
