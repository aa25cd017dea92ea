"""Names of platforms and territories, and the forms of filing numbers."""

from __future__ import annotations

import re
import unicodedata

from dealflow.core.i18n import N_, gettext
from dealflow.pitches.vocabulary import region_name

WORLD = "WORLD"
PLATFORMS = {
    "hongguo": N_("Hongguo / Fanqie"),
    "douyin": N_("Douyin"),
    "kuaishou": N_("Kuaishou"),
    "wechat": N_("WeChat mini program"),
    "reelshort": N_("ReelShort"),
    "dramabox": N_("DramaBox"),
    "tiktok": N_("TikTok"),
    "youtube": N_("YouTube"),
}
# How people and files write them, besides the code and the names above.
ALIASES = {
    "红果": "hongguo", "红果短剧": "hongguo", "红果免费短剧": "hongguo", "番茄": "hongguo", "番茄短剧": "hongguo", "番茄小说": "hongguo",
    "红果番茄": "hongguo", "fanqie": "hongguo", "抖音": "douyin", "抖音短剧": "douyin", "抖音小程序": "douyin", "快手": "kuaishou",
    "快手短剧": "kuaishou", "快手小程序": "kuaishou", "喜番": "kuaishou", "微信": "wechat", "微信小程序": "wechat", "微信视频号": "wechat",
    "wechatminiprogram": "wechat", "小程序": "wechat",
}  # fmt: skip

# Distribution licence: 省简称 + 网微剧审字〔年〕第 … 号; ordinary filing numbers of the provinces say 备字. A code of the
# planning system, or of a platform's own list: letters, then digits.
_LICENCE = re.compile(
    r"^(\(?[\u4e00-\u9fff]{1,3}\)?)?网(络)?微?(短)?剧[\u4e00-\u9fff]{0,4}字?[(\[〔【]?20\d\d[)\]〕】]?年?第?\d{1,6}号$"
)
_CODE = re.compile(r"^[A-Z]{1,6}-?\d{6,20}(-\d{1,6})?$")


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def platform_code(text: str) -> str:
    """The code of a platform that people named; a name that we do not know stays as it is."""
    known = {_plain(code): code for code in PLATFORMS} | {
        _plain(name): code for name, code in ALIASES.items()
    }
    known |= {_plain(name): code for code, name in PLATFORMS.items()}
    return known.get(_plain(text), text.strip())


def platform_name(code: str) -> str:
    """The name of a platform in the current language."""
    return gettext(PLATFORMS[code]) if code in PLATFORMS else code


def territory_name(code: str) -> str:
    """The name of a territory in the current language."""
    if code == WORLD:
        return gettext(N_("Worldwide"))
    return region_name(code) if code else ""


def filing_number(text: str) -> str | None:
    """A filing or licence number without blanks and full-width signs; None when it has no known form."""
    clean = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
    return clean if _LICENCE.match(clean) or _CODE.match(clean) else None
