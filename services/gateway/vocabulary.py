"""All words of the system by name: what may come in, and what the log may hold."""

from collections.abc import Iterator

from shared.events import curriculum, enterprise, feedback, gateway, placement, recruitment
from shared.events.base import Event
from shared.events.enterprise import PublicEvent

MODULES = (enterprise, recruitment, curriculum, placement, feedback, gateway)


def _all(kind: type[Event]) -> Iterator[type[Event]]:
    for child in kind.__subclasses__():
        if child is not PublicEvent and child.publisher in {
            module.__name__.rpartition(".")[2] for module in MODULES
        }:
            yield child
        yield from _all(child)


EVENTS: dict[str, type[Event]] = {kind.type_name(): kind for kind in _all(Event)}
"""Every event of the system by its CloudEvents type."""

PUBLIC: dict[str, type[PublicEvent]] = {
    name: kind for name, kind in EVENTS.items() if issubclass(kind, PublicEvent)
}
"""What an enterprise can say, by its CloudEvents type."""

PUBLIC_NAMES: dict[str, type[PublicEvent]] = {kind.__name__: kind for kind in PUBLIC.values()}
"""The same by class name."""

MEANINGS_ZH: dict[str, str] = {
    "PositionPublished": "企业的一个岗位及其对人的要求。每次发送完整的能力要求。",
    "AgreementSigned": "院校与企业签订了协议，其承诺可以核查。",
    "StationsOffered": "某车间自某日起在这些工位接收学员。自该日起取代之前提供的内容。",
    "MentorNamed": "一名技师在某工位指导学员。姓名留在企业内。",
    "MentorLeft": "一名师傅不再指导学员。",
    "ShutdownPlanned": "某车间或其中一个工位在这些天不接收任何人（含首尾两天）。",
    "ReleaseLimited": "某班组每周最多允许这么多学员离岗学习。每次发送完整的班组名单。",
    "StaffCounted": "某车间的在岗人数，以及各工位所属岗位的人数。每次发送完整的车间。",
    "TraineeRated": "师傅看到了学员在某项能力上的水平；level 为空表示“没有机会看到”。",
    "TechnologyChanged": "工厂自某日起改变工艺，教学内容必须随之更新。",
    "EmployeeNominated": "企业推荐一名员工参加某次招生，并附上资格审查所需的事实。",
    "EmployeeHired": "一名原学员或计入就业承诺的人员已入职。",
    "EmployeeLeft": "一名员工已离开企业。",
    "EmployeePromoted": "一名员工晋升到更高的岗位。",
    "AttendanceRecorded": "学员某日在车间实习了若干小时。",
    "SafetyIncidentReported": "有学员的车间发生了不安全事件。",
    "PromiseKept": "企业声明已兑现协议中某项承诺的部分或全部。",
}


def meaning(kind: type[Event]) -> dict[str, str]:
    """What an event says, in both languages."""
    english = (kind.__doc__ or "").strip().partition("\n")[0]
    return {"zh": MEANINGS_ZH.get(kind.__name__, english), "en": english}
