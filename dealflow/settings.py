"""Every setting: typed, read from the environment once, checked at start."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dealflow.core import clock
from dealflow.core.money import CURRENCIES

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_SECRET = "development-only-secret"  # noqa: S105 - refused in production


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it and the remedy."""


def _flag(environ: dict[str, str], name: str, default: bool) -> bool:
    value = environ.get(name, "1" if default else "0").strip().lower()
    if value not in ("0", "1", "true", "false", "yes", "no"):
        raise SettingsError(f"{name} must be 1 or 0, not {value!r}")
    return value in ("1", "true", "yes")


def _number(environ: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SettingsError(f"{name} must be a number from {least} to {most}, not {text!r}")
    return int(text)


@dataclass(frozen=True)
class Settings:
    """All settings. `instance` holds everything that the running application writes."""

    instance: Path
    database_url: str
    redis_url: str | None = None
    storage_url: str | None = None
    environment: str = "development"
    secret_key: str = DEFAULT_SECRET
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    demo: bool = False
    start_of_clock: datetime | None = None
    clock_since: datetime | None = None
    debug: bool = False
    smtp_url: str | None = None
    scan_command: str | None = None
    mail_from: str = "Dealflow <no-reply@localhost>"
    metrics_token: str | None = None
    signing_key: str | None = None
    signing_cert: str | None = None
    signing_password_file: str | None = None
    tsa_url: str | None = None
    trusted_proxies: int = 0
    private_webhooks: bool = False
    web_processes: int = 2
    dispute_days: int = 30
    rate_days: int = 10
    rate_cross: str = "CNY"
    print_cache: int = 512 * 1024 * 1024
    shown_lists: int = 2048 * 1024 * 1024
    job_days: int = 30
    calls_per_minute: int = 6000
    verify_per_minute: int = 60
    upload_limit: int = 64 * 1024 * 1024
    video_limit: int = 200 * 1024 * 1024
    flask: dict[str, Any] = field(default_factory=dict)

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def costly_processes(self) -> int:
        """Processes for costly requests alone (`web.apart`), beside those for all others."""
        return max(1, self.web_processes // 2)

    def with_(self, **changes: Any) -> Settings:
        """A changed copy."""
        return replace(self, **changes)

    @classmethod
    def from_environment(cls, environ: dict[str, str] | None = None) -> Settings:
        """Read the environment. Raises SettingsError for a value that cannot be used."""
        env = dict(os.environ if environ is None else environ)
        instance = Path(env.get("DEALFLOW_INSTANCE") or ROOT / "instance").expanduser().resolve()
        port = _number(env, "PORT", 8000, 1, 65535)
        host = env.get("HOST", "127.0.0.1")
        environment = env.get("DEALFLOW_ENV", "development")
        if environment not in ("development", "production"):
            raise SettingsError(f"DEALFLOW_ENV must be development or production, not {environment!r}")
        start = env.get("DEALFLOW_NOW")
        since = env.get("DEALFLOW_CLOCK_SINCE")
        try:
            start_of_clock = clock.parse(start) if start else None
            clock_since = clock.parse(since) if since else None
        except ValueError:
            raise SettingsError(
                f"DEALFLOW_NOW must be a moment such as 2026-11-24T08:00:00Z, not {start!r}"
            ) from None
        settings = cls(
            instance=instance,
            database_url=env.get("DEALFLOW_DATABASE_URL") or f"sqlite:///{instance / 'app.db'}",
            redis_url=env.get("DEALFLOW_REDIS_URL") or None,
            storage_url=env.get("DEALFLOW_STORAGE_URL") or None,
            environment=environment,
            secret_key=env.get("DEALFLOW_SECRET_KEY") or _kept_secret(instance, environment),
            base_url=(env.get("DEALFLOW_BASE_URL") or f"http://{host}:{port}").rstrip("/"),
            host=host,
            port=port,
            demo=_flag(env, "DEALFLOW_DEMO", False),
            start_of_clock=start_of_clock,
            clock_since=clock_since,
            debug=_flag(env, "DEALFLOW_DEBUG", False),
            smtp_url=env.get("DEALFLOW_SMTP_URL") or None,
            scan_command=env.get("DEALFLOW_SCAN_COMMAND") or None,
            mail_from=env.get("DEALFLOW_MAIL_FROM") or "Dealflow <no-reply@localhost>",
            metrics_token=env.get("DEALFLOW_METRICS_TOKEN") or None,
            signing_key=env.get("DEALFLOW_SIGNING_KEY") or None,
            signing_cert=env.get("DEALFLOW_SIGNING_CERT") or None,
            signing_password_file=env.get("DEALFLOW_SIGNING_PASSWORD_FILE") or None,
            tsa_url=env.get("DEALFLOW_TSA_URL") or None,
            trusted_proxies=_number(env, "DEALFLOW_TRUSTED_PROXIES", 0, 0, 10),
            private_webhooks=_flag(env, "DEALFLOW_PRIVATE_WEBHOOKS", False),
            web_processes=_number(env, "DEALFLOW_WEB_PROCESSES", 2, 1, 64),
            dispute_days=_number(env, "DEALFLOW_DISPUTE_DAYS", 30, 1, 365),
            rate_days=_number(env, "DEALFLOW_RATE_DAYS", 10, 0, 366),
            print_cache=_number(env, "DEALFLOW_PRINT_CACHE_MB", 512, 0, 1_000_000) * 1024 * 1024,
            shown_lists=_number(env, "DEALFLOW_SHOWN_LISTS_MB", 2048, 0, 1_000_000) * 1024 * 1024,
            job_days=_number(env, "DEALFLOW_JOB_DAYS", 30, 1, 36_500),
            calls_per_minute=_number(env, "DEALFLOW_CALLS_PER_MINUTE", 6000, 0, 1_000_000),
            verify_per_minute=_number(env, "DEALFLOW_VERIFY_PER_MINUTE", 60, 0, 1_000_000),
            rate_cross=env.get("DEALFLOW_RATE_CROSS", "CNY"),
        )
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse what must not run: in production, demo data, a default secret, debug, a moved clock."""
        if self.database_url.startswith("postgresql://"):
            raise SettingsError("DEALFLOW_DATABASE_URL must start with postgresql+psycopg:// or sqlite:///")
        if not self.database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise SettingsError("DEALFLOW_DATABASE_URL must start with sqlite:/// or postgresql+psycopg://")
        if self.rate_cross not in CURRENCIES:
            raise SettingsError(
                f"DEALFLOW_RATE_CROSS must be a currency such as CNY or USD, not {self.rate_cross!r}"
            )
        if not self.is_production:
            return
        if self.demo:
            raise SettingsError("production does not start with demo data: set DEALFLOW_DEMO=0")
        if self.secret_key == DEFAULT_SECRET or len(self.secret_key) < 32:
            raise SettingsError("production needs DEALFLOW_SECRET_KEY with at least 32 characters")
        if self.debug:
            raise SettingsError("production does not start with DEALFLOW_DEBUG")
        if self.start_of_clock is not None:
            raise SettingsError("production does not start with DEALFLOW_NOW")
        if not self.base_url.startswith("https://"):
            raise SettingsError("production needs DEALFLOW_BASE_URL with https://")


def _kept_secret(instance: Path, environment: str) -> str:
    """Outside production, a secret made on first start and kept in the instance folder."""
    if environment == "production":
        return DEFAULT_SECRET
    import secrets

    path = instance / "keys" / "secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.read_text().strip():
        path.unlink()  # left empty by a start that was cut off
    if not path.exists():
        # It appears whole, whoever else starts at this moment and however this start ends.
        made = path.with_name(f".{path.name}-{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_text().strip()
