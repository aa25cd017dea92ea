"""Files of projects on their way in."""

from __future__ import annotations

from dealflow.accounts import identity
from dealflow.core.intake import Intake
from dealflow.pitches import importing
from dealflow.pitches.models import ProjectImport
from dealflow.pitches.policy import Can
from dealflow.pitches.rows import guess

FILES = Intake("pitches", ProjectImport, Can.IMPORT, importing, guess, identity.member_actor)
