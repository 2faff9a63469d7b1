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


def find(config: Settings, code: str) -> Channel | None:
    """A channel that the city has; raises `Unavailable` where its keys cannot be read.

    A channel with some of its settings missing is not offered: half a configuration takes no money.
    """
    if code not in names(config):
        return None
    return _wechat(config) if code == wechat.WeChatPay.code else _alipay(config)


def _wechat(config: Settings) -> Channel:
    merchant = wechat.Merchant(
        mchid=config.wechat_mchid,
        appid=config.wechat_appid,
        serial_no=config.wechat_serial_no,
        private_key=private_key(Path(config.wechat_private_key)),
        api_v3_key=config.wechat_apiv3_key.get_secret_value().encode(),
        platform_keys=_platform_keys(config.wechat_platform_keys),
        url=config.wechat_url,
    )
    return wechat.WeChatPay(merchant, HttpTransport())


def _alipay(config: Settings) -> Channel:
    merchant = alipay.Merchant(
        app_id=config.alipay_app_id,
        seller_id=config.alipay_seller_id,
        private_key=private_key(Path(config.alipay_private_key)),
        alipay_key=public_key(Path(config.alipay_public_key)),
        url=config.alipay_url,
    )
    return alipay.Alipay(merchant, HttpTransport())


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
