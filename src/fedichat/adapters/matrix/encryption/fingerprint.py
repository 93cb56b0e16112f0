"""The fingerprint of a device, as people compare it."""


def grouped(key: str) -> str:
    """A device's ed25519 key in groups of four, as clients show it."""
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))
