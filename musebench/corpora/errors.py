"""What can go wrong between an address and a file on this machine."""


class DownloadError(OSError):
    """A file could not be had: says how to get it by hand."""


class OfflineError(DownloadError):
    """A file is not in the cache and the network is forbidden."""


class StorageError(DownloadError):
    """A file could not be stored: says in which folder, why, and what to do."""


class IntegrityError(OSError):
    """A file is not the one that the registry knows."""
