"""The server's settings with a folder that goes with the process: no test touches the machine's."""

import atexit
import os
import shutil
import tempfile

_HOME = tempfile.mkdtemp(prefix="suppilo-test-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["SUPPILO_HOME"] = _HOME
os.environ["SUPPILO_SECRET_KEY"] = "only-for-tests-" + "x" * 40

from suppilo.web.settings import *  # noqa: E402, F403 (the home must be set before)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
