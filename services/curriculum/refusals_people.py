"""What curriculum refuses of teachers, secondments and joint projects, in both languages, with the way out."""

from shared.errors import Invalid, NotFound, Refused


class TeacherUnknown(NotFound):
    """There is no such teacher."""

    code = "E-CUR-TEACHER"
    zh = "没有该教师。"


class TeacherUnfit(Refused):
    """This teacher may not teach this module by the rules of its plan."""

    code = "E-CUR-UNFIT"
    zh = "按该培养方案的规则，该教师不能任教此模块。"
    remedy = "Record the qualification, let the teacher go to the plant first, or assign somebody else."
    remedy_zh = "请登记其资格、先安排下厂实践，或另派教师。"


class SecondmentUnknown(NotFound):
    """There is no such secondment, or it is not yours."""

    code = "E-CUR-SECONDMENT"
    zh = "没有该企业实践，或不属于您。"


class SecondmentRefused(Invalid):
    """The secondment does not meet what its programme asks."""

    code = "E-CUR-GOALS"
    zh = "企业实践不符合项目要求。"


class ProjectRefused(Invalid):
    """The project does not meet what its platform asks."""

    code = "E-CUR-TEAM"
    zh = "课题不符合平台要求。"


class ProjectUnknown(NotFound):
    """There is no such problem or project."""

    code = "E-CUR-PROJECT"
    zh = "没有该问题或课题。"
