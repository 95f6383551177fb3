"""How static files are served in production."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names carry a hash of the contents, and browsers keep them for good.

    That goes for modules as well: each imports the others by such a name, so that a page never
    puts the modules of two releases together.
    """

    support_js_module_import_aggregation = True
