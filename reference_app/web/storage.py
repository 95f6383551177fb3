"""The storage of static files in production."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Static files whose names contain a hash of the contents, so that browsers keep them.

    Modules have such names as well, and import each other by them. So a page never mixes the
    modules of two releases.
    """

    support_js_module_import_aggregation = True
