"""Files of mandates on their way in."""

from __future__ import annotations

from dealflow.accounts import identity
from dealflow.core.intake import Intake
from dealflow.mandates import importing
from dealflow.mandates.models import MandateImport
from dealflow.mandates.policy import Can
from dealflow.mandates.rows import guess

FILES = Intake("mandates", MandateImport, Can.IMPORT, importing, guess, identity.member_actor)
