"""What gunicorn loads."""

from dealflow import create_app
from dealflow.core import running
from dealflow.settings import Settings

settings = Settings.from_environment()
running.hold(settings.instance)
app = create_app(settings)
