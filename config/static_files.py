from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Compressed files under names that change with their content, also where one script imports another."""

    support_js_module_import_aggregation = True
