"""Makes a database ready for the first day: schema, the tenant's pack, keys and secrets; may be repeated."""

from __future__ import annotations

from services.setting_up import load_city, write_secret
from shared.settings import Settings


def prepare(settings: Settings) -> None:
    """Bring schema and city up to date on the configured database. Raises `Invalid` for a broken pack."""
    if not settings.secret_key.get_secret_value():
        write_secret(settings.var_dir / "secret_key")
    load_city(
        settings.database_url,
        settings.packs_dir / settings.tenant,
        keys_dir=settings.keys_dir,
        with_demo_people=settings.demo,
    )
