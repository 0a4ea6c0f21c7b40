"""What happened, in a few words, for the live list and the path of an event."""

from shared.web.language import spoken

EVENTS: dict[str, tuple[str, str]] = {
    "PositionPublished": ("企业发布了岗位要求", "Position and its profile published"),
    "AgreementSigned": ("校企协议已签订", "Agreement signed"),
    "StationsOffered": ("车间提供了实习工位", "Workshop offered stations"),
    "MentorNamed": ("企业指定了师傅", "Mentor named"),
    "MentorLeft": ("一名师傅不再带教", "Mentor left"),
    "ShutdownPlanned": ("车间计划停产", "Shutdown planned"),
    "TraineeRated": ("师傅评价了学员", "Mentor rated a trainee"),
    "TechnologyChanged": ("企业工艺有变化", "Technology changed"),
    "EmployeeNominated": ("企业推荐了员工", "Employee nominated"),
    "EmployeeHired": ("有人入职", "Employee hired"),
    "EmployeeLeft": ("有员工离职", "Employee left"),
    "EmployeePromoted": ("有员工晋升", "Employee promoted"),
    "AttendanceRecorded": ("记录了实习出勤", "Attendance recorded"),
    "SafetyIncidentReported": ("报告了安全事件", "Safety incident reported"),
    "PromiseKept": ("企业声明兑现承诺", "Promise stated as kept"),
    "ProgrammeOpened": ("培养项目已开设", "Programme opened"),
    "IntakeOpened": ("招生批次已开放", "Intake opened"),
    "ApplicantSelected": ("一名申请人被录取", "Applicant selected"),
    "ApplicantRefused": ("一名申请人未被录取，附原因", "Applicant refused, with the reason"),
    "IntakeClosed": ("招生批次已完成录取", "Intake closed"),
    "IntakeRefused": ("招生批次未能开班", "Intake cannot run"),
    "CohortEnrolled": ("班级已入学", "Cohort enrolled"),
    "TraineeWithdrew": ("一名学员退出", "Trainee withdrew"),
    "FrameworkPublished": ("能力框架已发布", "Framework published"),
    "PlanPublished": ("培养方案新版已发布", "Plan version published"),
    "PlanInForce": ("方案版本对班级生效", "Plan version in force for a cohort"),
    "RevisionOpened": ("发起了方案修订", "Revision opened"),
    "RevisionDrafted": ("修订草案已生成", "Revision drafted"),
    "RevisionUndrafted": ("学时预算内没有可行修订", "No change fits the hours"),
    "VoteCast": ("评审投了一票", "Vote cast"),
    "RevisionApproved": ("校企双方同意修订", "Revision approved by both sides"),
    "RevisionReturned": ("修订被退回", "Revision returned"),
    "RevisionRejected": ("修订被否决", "Revision rejected"),
    "RevisionWithdrawn": ("修订已撤回", "Revision withdrawn"),
    "RevisionReminded": ("已催办会签", "Panels reminded"),
    "RevisionEscalated": ("会签逾期，已上报", "Approval overdue, escalated"),
    "GapAnswered": ("能力差距已有结果", "Gap answered"),
    "SecondmentPlanned": ("教师下厂已安排", "Secondment planned"),
    "SecondmentReported": ("教师提交下厂报告", "Secondment reported"),
    "TeacherQualified": ("双师型教师资格变化", "Teacher's dual qualification changed"),
    "ProblemListed": ("企业提出了研究课题", "Problem listed"),
    "ProjectOpened": ("联合项目已立项", "Joint project opened"),
    "ProjectFinished": ("联合项目已结题", "Joint project finished"),
    "TimetablePublished": ("实习安排已发布", "Timetable published"),
    "TimetableChanged": ("实习安排有最小改动", "Timetable changed as little as possible"),
    "TimetableImpossible": ("实习安排无法排出，已指出冲突", "Timetable impossible; conflicts named"),
    "GapConfirmed": ("确认了一项能力差距", "Gap confirmed"),
    "MoreRatingsNeeded": ("需要更多评价", "More ratings needed"),
    "EffectMeasured": ("新版成效已测量", "Effect measured"),
    "GapClosed": ("一项差距闭环", "Gap closed"),
    "PromiseChecked": ("核查了一项承诺", "Promise checked"),
    "ClockAdvanced": ("演示时间前进", "Demo time moved"),
}


def event_name(name: object) -> str:
    """What an event of this class name says, in a few words."""
    pair = EVENTS.get(str(name))
    return str(name) if pair is None else pair[0] if spoken.get() == "zh" else pair[1]
