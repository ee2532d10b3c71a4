"""Text without what nobody sees or types: full-width letters, invisible and directional marks."""

# Format characters and lone surrogates.
_INVISIBLE = ("Cf", "Cs")


def folded(text: str) -> str:
    """Return a text in plain letters and digits, trimmed."""
    if text.isascii():
        return text.strip()
    import unicodedata  # noqa: PLC0415  (the handler starts without it)

    return visible(unicodedata.normalize("NFKC", text))


def visible(text: str) -> str:
    """Return a text without invisible and directional marks, trimmed."""
    if text.isascii():
        return text.strip()
    import unicodedata  # noqa: PLC0415  (see above)

    return "".join(one for one in text if unicodedata.category(one) not in _INVISIBLE).strip()
