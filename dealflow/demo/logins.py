"""Who can log in to the demo, and what there is to do as this person."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "demo-dealflow"  # noqa: S105 - known to everybody on purpose; production refuses demo data


@dataclass(frozen=True)
class Login:
    """A person of the demo; `organisation` is a key of the demo's organisations."""

    email: str
    name: str
    organisation: str
    role: str
    locale: str
    zh: str
    en: str


LOGINS = (
    Login("creator@demo.example", "沈婠", "creator", "owner", "zh", "发布项目、查看适合的投资方、回应交易", "publish pitches, see which investors fit, answer deals"),
    Login("creator2@demo.example", "Maya Torres", "creator2", "owner", "en", "出海项目：用英文发布与融资", "an overseas creator: pitch and raise in English"),
    Login("investor@demo.example", "顾淏", "investor", "owner", "zh", "写投资偏好、看排序与理由、起草条款清单", "state mandates, read ranked matches, draft term sheets"),
    Login("investor2@demo.example", "Ethan Koh", "investor2", "owner", "en", "出海投资方：美元项目与保底", "an overseas investor: dollar projects and guarantees"),
    Login("fund@demo.example", "傅喆", "fund", "owner", "zh", "基金管理人：多份偏好与交易管道", "a fund manager: several mandates and a pipeline of deals"),
    Login("fund2@demo.example", "叶晞", "fund", "member", "zh", "同一基金的第二人：批准分配", "the fund's second person: approves distributions"),
    Login("lp@demo.example", "林玘", "lp", "viewer", "zh", "有限合伙人：只读查看本机构", "a limited partner: reads, changes nothing"),
    Login("studio@demo.example", "韩堃", "studio", "owner", "zh", "承制方：自有项目与后期", "a studio with projects of its own"),
    Login("chair@demo.example", "章彧", "board", "owner", "zh", "审核委员会主席", "chair of the review board"),
    Login("evaluator@demo.example", "程珺", "board", "member", "zh", "评审专家", "an expert evaluator"),
    Login("evaluator2@demo.example", "范祎", "board", "member", "zh", "评审专家", "another expert evaluator"),
    Login("scenes@demo.example", "陆翀", "venue", "owner", "zh", "场景方", "a venue with scenes to book"),
    Login("park@demo.example", "钱镕", "park", "owner", "zh", "园区：浏览全部公开项目、扩充题材词表", "the park: browse what is published, add genres"),
    Login("admin@demo.example", "苏芃", "platform", "owner", "zh", "平台管理员：账号与任务", "the platform's administrator: accounts and jobs"),
)  # fmt: skip


def greeting() -> str:
    """The logins as lines to print."""
    wide = max(len(login.email) for login in LOGINS)
    lines = [f"  {login.email:<{wide}}  {login.zh} / {login.en}" for login in LOGINS]
    return "\n".join([f"Demo logins, password {PASSWORD}:", *lines])
