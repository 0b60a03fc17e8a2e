"""What a check asks, in one sentence: the first of its page."""

from __future__ import annotations

from pathlib import Path


def question(pages: Path, check: str) -> str:
    """The first paragraph of `<check>.md` below a folder, on one line; empty without a page."""
    try:
        text = (pages / f"{check}.md").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    paragraphs = (part.strip() for part in text.split("\n\n"))
    first = next((part for part in paragraphs if part and not part.startswith("#")), "")
    return " ".join(first.replace("`", "").split())
