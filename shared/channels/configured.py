"""Which channels a city has: those whose keys stand in the environment, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared.channels import alipay, wechat
from shared.channels.channel import Channel
from shared.channels.http import HttpTransport
from shared.channels.signatures import private_key, public_key
from shared.domain.errors import Unavailable
from shared.settings import Settings

#: What channels are called, on receipts and lists too.
NAMES: Final[Mapping[str, str]] = {
    wechat.WeChatPay.code: wechat.WeChatPay.name,
    alipay.Alipay.code: alipay.Alipay.name,
}


def channels(config: Settings) -> Mapping[str, Channel]:
    """The channels by their code, in the order they are offered in; raises `Unavailable` for keys that are unreadable.

    A channel with some of its settings missing is not offered: half a configuration takes no money.
    """
    transport = HttpTransport()
    found: dict[str, Channel] = {}
    if config.has_wechat:
        found[wechat.WeChatPay.code] = wechat.WeChatPay(
            wechat.Merchant(
                mchid=config.wechat_mchid,
                appid=config.wechat_appid,
                serial_no=config.wechat_serial_no,
                private_key=private_key(Path(config.wechat_private_key)),
                api_v3_key=config.wechat_apiv3_key.get_secret_value().encode(),
                platform_keys=_platform_keys(config.wechat_platform_keys),
                url=config.wechat_url,
            ),
            transport,
        )
    if config.has_alipay:
        found[alipay.Alipay.code] = alipay.Alipay(
            alipay.Merchant(
                app_id=config.alipay_app_id,
                seller_id=config.alipay_seller_id,
                private_key=private_key(Path(config.alipay_private_key)),
                alipay_key=public_key(Path(config.alipay_public_key)),
                url=config.alipay_url,
            ),
            transport,
        )
    return found


def names(config: Settings) -> Mapping[str, str]:
    """What the offered channels are called, by code; reads no key."""
    offered = {wechat.WeChatPay.code: config.has_wechat, alipay.Alipay.code: config.has_alipay}
    return {code: name for code, name in NAMES.items() if offered[code]}


def _platform_keys(text: str) -> dict[str, RSAPublicKey]:
    found = {}
    for part in text.split(","):
        serial, colon, path = part.strip().partition(":")
        if not colon or not serial or not path:
            raise Unavailable("WECHAT_PLATFORM_KEYS 应写作“序列号:文件,序列号:文件”")
        found[serial] = public_key(Path(path))
    return found
