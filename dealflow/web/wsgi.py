"""What gunicorn loads."""

from dealflow import create_app

app = create_app()
