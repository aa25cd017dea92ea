"""What gunicorn loads."""

import gc

from dealflow import create_app
from dealflow.core import running
from dealflow.settings import Settings

settings = Settings.from_environment()
running.hold(settings.instance)
app = create_app(settings)
# What is loaded now stays as long as the process: looking through it for garbage in the middle of a large page takes longer
# than the page, and would unshare the memory between the workers that are forked from here.
gc.collect()
gc.freeze()
