"""What the codes of ratings and verdicts are called, in both languages."""

EVIDENCE: dict[str, dict[str, tuple[str, str]]] = {
    "answer": {
        "short": ("低于要求", "falls short"),
        "ask": ("证据不足，需更多评价", "not proven; more ratings asked"),
        "fine": ("达到要求", "meets the requirement"),
        "watch": ("相对偏低，请留意", "low beside the others, watch"),
        "not-due": ("尚未到评估时间", "not due yet"),
        "not-shown": ("人数太少，不显示结论", "too few people to show an answer"),
        "not-identifiable": ("无法区分师傅严格与能力不足", "cannot tell severity from shortfall"),
    },
    "verdict": {
        "improved": ("有提升", "improved"),
        "worse": ("变差", "worse"),
        "no-effect": ("无明显变化", "no effect seen"),
        "higher-cause-open": ("高于以前，原因未定", "higher than before, cause not established"),
        "lower-cause-open": ("低于以前，原因未定", "lower than before, cause not established"),
        "not-enough-data": ("数据不足", "not enough data"),
        "kept": ("已兑现", "kept"),
        "open": ("未到期", "open"),
        "broken": ("未兑现", "broken"),
    },
    "set_by": {
        "the enterprise, by the profile of the position": (
            "企业（岗位画像）",
            "the enterprise, by the profile of the position",
        ),
        "a revision that both sides approved": ("双方批准的修订", "a revision that both sides approved"),
    },
    "method": {"joint-approval": ("联合审批", "joint approval")},
    "gap": {
        "open": ("待处理", "open"),
        "answered": ("已由新版回应", "answered by a new version"),
        "dismissed": ("已说明理由不采纳", "dismissed with a reason"),
        "superseded": ("已被取代", "superseded"),
        "closed": ("闭环完成", "loop closed"),
    },
    "level": {
        "1": ("不会", "cannot yet"),
        "2": ("全程带", "constant help"),
        "3": ("偶尔带", "occasional help"),
        "4": ("独立", "unaided"),
        "5": ("能教人", "teaches others"),
    },
    "source": {
        "module": ("模块", "Module"),
        "workshop": ("车间", "Workshop"),
        "intake": ("本届学员", "This intake"),
        "rater": ("某位评价者", "One rater"),
    },
    "attribution": {
        "likely": ("可能的来源", "a likely source"),
        "unlikely": ("不太可能", "unlikely"),
        "not-identifiable": ("无法识别", "not identifiable"),
    },
    "attribution_reason": {
        "one-workshop": ("只在一个车间评价过", "rated in one workshop only"),
        "one-mentor-a-workshop": (
            "某车间的评价师傅少于两位，师傅与车间无法区分",
            "a workshop has fewer than two raters: rater and workshop cannot be told apart",
        ),
        "lower-than-elsewhere": ("该车间的学员低于其他车间", "lower there than in other workshops"),
        "lower-in-one-workshop": (
            "某一车间低于其他车间；不属于贵企业的车间不显示名称和数值",
            "lower in one workshop than in the others; one that is not yours is neither named nor shown in figures",
        ),
        "too-few-trainees": (
            "一方学员太少，为保护个人不作比较",
            "too few trainees on one side: to protect each of them nothing is compared",
        ),
        "no-earlier-intake": (
            "同一版本下没有更早的班级可比",
            "no earlier intake under this version to compare with",
        ),
        "no-mentors-of-both": ("评价过两届的师傅少于两位", "fewer than two mentors rated both intakes"),
        "lower-than-earlier-intakes": (
            "低于同一版本下的往届",
            "lower than earlier intakes under this version",
        ),
        "too-few-mentors": ("评价者少于三位", "fewer than three raters"),
        "not-without-one-mentor": (
            "去掉其中一位评价者便不低于要求",
            "without one of the raters it does not lie below the requirement",
        ),
        "without-any-one-mentor-too": (
            "去掉任何一位评价者仍低于要求",
            "it lies below the requirement without any one rater, too",
        ),
        "several-modules": (
            "所有学员都修过这几个模块，无法区分",
            "several modules teach it, and all trainees take all of them",
        ),
        "no-module": ("方案中没有模块讲授此项", "no module of the plan teaches it"),
        "others-not-excluded": ("其他来源未能排除", "the other sources are not excluded"),
        "only-module": (
            "唯一讲授此项的模块，其他来源均不太可能",
            "the only module that teaches it, and nothing else explains it",
        ),
        "alike": ("各处相近（相差半级以内）", "alike within half a level"),
        "too-uncertain": ("评价还不足以区分", "the ratings cannot tell yet"),
    },
}
