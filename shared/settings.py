"""Settings from the environment, frozen, read once; what is wrong is named by its variable.

Everything has a default that works on one machine with nothing configured: files under
`var/`, embedded engines (the stack exports their URLs to its children), secrets generated
at set-up and kept in `var/` with mode 0600.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.domain.errors import Unavailable

ROOT = Path(__file__).resolve().parent.parent


#: Characters; 128 bits as hex.
SECRET_LENGTH_MIN = 32


class Settings(BaseSettings):
    """Where things are and which secrets open them; variables are upper-case field names."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    database_url: str = Field(default="", description="postgresql://…; empty: the embedded server under var/")
    redis_url: str = Field(default="", description="redis://… or unix://…; empty: the embedded Valkey under var/")
    var_dir: Path = Field(default=ROOT / "var", description="everything that Yidan writes")
    tenant: str = Field(default="hanhai", description="the city this web serves; also the pack's folder name")
    packs_dir: Path = ROOT / "packs"
    public_url: str = Field(default="http://127.0.0.1:8000", description="as applicants and QR codes see the web")
    sandbank_url: str = Field(default="http://127.0.0.1:8010", description="as payers see the sandbox bank")
    callback_keys: SecretStr = Field(
        default=SecretStr(""), description="key ids and HMAC secrets of the bank channel: 'k1:hex,k2:hex', newest first"
    )
    secret_key: SecretStr = Field(default=SecretStr(""), description="signs cookies; empty: var/secret_key")
    demo: bool = Field(default=False, description="demo log-ins, and a business clock that can be set")
    secure_cookies: bool = Field(default=False, description="set behind TLS: __Host- cookie, Secure, HSTS")
    smtp_url: SecretStr = Field(
        default=SecretStr(""), description="smtp://user:password@host:587 or smtps://…; empty: no e-mail is sent"
    )
    mail_from: str = Field(default="yidan@localhost", description="the sender of every e-mail")
    wechat_mchid: str = Field(default="", description="WeChat Pay: the merchant's number (商户号)")
    wechat_appid: str = Field(default="", description="WeChat Pay: the application that the merchant is bound to")
    wechat_serial_no: str = Field(default="", description="WeChat Pay: serial number of the merchant's certificate")
    wechat_private_key: str = Field(default="", description="WeChat Pay: PEM file of the merchant's private key")
    wechat_apiv3_key: SecretStr = Field(default=SecretStr(""), description="WeChat Pay: APIv3 key, 32 characters")
    wechat_platform_keys: str = Field(
        default="", description="WeChat Pay's own keys or certificates: 'serial:file,serial:file'"
    )
    wechat_url: str = Field(default="https://api.mch.weixin.qq.com", description="where WeChat Pay answers")
    alipay_app_id: str = Field(default="", description="Alipay: the application")
    alipay_seller_id: str = Field(default="", description="Alipay: the account that is paid (PID, 2088…)")
    alipay_private_key: str = Field(default="", description="Alipay: PEM file of the application's private key")
    alipay_public_key: str = Field(default="", description="Alipay: PEM file of Alipay's public key or certificate")
    alipay_url: str = Field(default="https://openapi.alipay.com/gateway.do", description="where Alipay answers")
    log_format: str = Field(default="auto", description="json, console, or auto (console on a terminal)")

    def secret(self) -> bytes:
        """The key behind cookies and check codes: SECRET_KEY, or the file that set-up made; refused when short."""
        text = self.secret_key.get_secret_value() or _read(self.var_dir / "secret_key")
        if len(text) < SECRET_LENGTH_MIN:
            raise Unavailable("SECRET_KEY is missing or shorter than 32 characters; `make setup` writes var/secret_key")
        return text.encode()

    @property
    def has_wechat(self) -> bool:
        """Whether everything is set that WeChat Pay needs."""
        secret = self.wechat_apiv3_key.get_secret_value()
        named = (self.wechat_mchid, self.wechat_appid, self.wechat_serial_no, self.wechat_private_key)
        return all((*named, secret, self.wechat_platform_keys))

    @property
    def has_alipay(self) -> bool:
        """Whether everything is set that Alipay needs."""
        return all((self.alipay_app_id, self.alipay_seller_id, self.alipay_private_key, self.alipay_public_key))

    @property
    def keys_dir(self) -> Path:
        """Demo CA and one signing key per unit."""
        return self.var_dir / "keys"

    @property
    def storage_dir(self) -> Path:
        """Attachments and documents, by SHA-256."""
        return self.var_dir / "storage"

    @property
    def fonts_dir(self) -> Path:
        """Font subsets built at set-up."""
        return self.var_dir / "fonts"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read at the first call."""
    return Settings()
