"""Which department a question seems to be for."""

import pytest

from fedichat.domain.tickets.suggesting import suggested

KEYWORDS = {"krypto": ("tls", "pgp", "Schlüssel"), "netz": ("router", "5g"), "presse": ()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ist TLS 1.2 noch erlaubt?", ("krypto",)),
        ("Mein PGP-Schlüssel und mein Router", ("krypto", "netz")),
        ("Mein pgp-schluessel ist weg", ("krypto",)),
        ("#tls!", ("krypto",)),
        ("Wie titelst du das, Subtlso?", ()),
        ("Router und 5G statt PGP", ("netz", "krypto")),
        ("Router oder PGP?", ("krypto", "netz")),
        ("", ()),
    ],
)
def test_a_department_is_suggested_by_its_own_words(text: str, expected: tuple[str, ...]) -> None:
    assert suggested(text, KEYWORDS) == expected
