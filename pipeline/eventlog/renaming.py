"""Find a customer in texts and payloads, and put a pseudonym in the place of the id.

The id counts where it stands as a word, with no letter or digit before or after it: `c-17` is found in
`order:c-17/3` and not in `c-170`. Longer ids of other customers stay, where they hold this one as a word too.
"""

import json
import re
from collections.abc import Iterable
from functools import cache

from pipeline.schemas.events import CATALOGUE, ENVELOPE

_LITERALS = frozenset({"true", "false", "null", "NaN", "Infinity", "-Infinity"})
_FREE_KINDS = frozenset({"text", "texts", "pseudonym128", "schedule", "object", "any"})
_FREE_ATTRIBUTES = frozenset({"id", "source", "subject", "sequence", "dataschema", "data"})
_THINGS = frozenset({"generation", "sku", "region", "fiscal year", "constraint name"})
_TOKENS = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"(?P<colon>\s*:)?|[{}\[\]]|[^\s"{}\[\],:]+', re.DOTALL)
_ESCAPES = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\(.)", re.DOTALL)


@cache
def _fixed_members() -> frozenset[str]:
    """Return the members in which, as the contract has it, no customer can stand, such as `region`."""
    fields = [field for event_type in CATALOGUE.values() for field in event_type.fields]
    free = {field.name for field in fields if field.kind.name in _FREE_KINDS and not field.values}
    attributes = {attribute.name for attribute in ENVELOPE} - _FREE_ATTRIBUTES
    return frozenset(attributes | {field.name for field in fields} - free)


@cache
def _contract_members() -> frozenset[str]:
    fields = (field for event_type in CATALOGUE.values() for field in event_type.fields)
    return frozenset({*(attribute.name for attribute in ENVELOPE), *(field.name for field in fields)})


def is_thing(event_type: str) -> bool:
    """Tell whether the subject of such events is a thing that the contract names, so no customer."""
    known = CATALOGUE.get(event_type)
    return known is not None and known.subject in _THINGS


class Renamer:
    """Puts a pseudonym in the place of a customer's id."""

    def __init__(
        self, customer: str, pseudonym: str, *, others: Iterable[str] = (), is_exact: bool = False
    ) -> None:
        """Take the id and what is to stand in its place.

        Args:
            others: longer ids, which stay.
            is_exact: only where the id is all of an attribute or of a member's value, not where it is a word
                of it.
        """
        self.customer = customer
        self.pseudonym = pseudonym
        word = "|".join([*map(re.escape, sorted(others, key=len, reverse=True)), f"({re.escape(customer)})"])
        before = r"(?<![^\W_])" if customer[:1].isalnum() else ""
        after = r"(?![^\W_])" if customer[-1:].isalnum() else ""
        self._word = re.compile(f"{before}(?:{word}){after}")
        self._replaced = re.compile(rf"\A({re.escape(customer)})\Z") if is_exact else self._word

    def text(self, text: str) -> str:
        """Rewrite a plain text."""
        if self.customer not in text:
            return text
        return self._replaced.sub(lambda found: self.pseudonym if found[1] else found[0], text)

    def payload(self, text: str) -> str:
        """Rewrite the strings of a JSON text and numbers that are the id, and leave the rest to the letter.

        Members of fixed meaning stay, such as a `region` or an amount, and so do the contract's own names.
        """
        if self.customer not in text and "\\" not in text:
            return text
        rewritten, done = [], 0
        members: list[str] = [""]
        for token in _TOKENS.finditer(text):
            match text[token.start()]:
                case "{":
                    members.append("")
                case "[":
                    members.append(members[-1])
                case "}" | "]":
                    members.pop()
                case _:
                    rewritten += [text[done : token.start()], self._token(token, members)]
                    done = token.end()
        return "".join([*rewritten, text[done:]])

    def _token(self, token: re.Match[str], members: list[str]) -> str:
        if token["text"] is None:
            is_id = token[0] == self.customer and token[0] not in _LITERALS
            return json.dumps(self.pseudonym) if is_id and members[-1] not in _fixed_members() else token[0]
        value = json.loads(f'"{token["text"]}"', strict=False) if "\\" in token["text"] else token["text"]
        if token["colon"]:
            members[-1] = value
            is_fixed = value in _contract_members()
        else:
            is_fixed = members[-1] in _fixed_members()
        renamed = value if is_fixed else self.text(value)
        return (
            token[0] if renamed == value else json.dumps(renamed, ensure_ascii=False) + (token["colon"] or "")
        )

    def line(self, raw: str) -> str:
        """Rewrite a refused line; of one that is no JSON and names the customer, nothing is kept."""
        try:
            json.loads(raw)
        except (ValueError, RecursionError):
            return f"[{self.pseudonym}: a line that could not be read]" if self.is_named_in(raw) else raw
        return self.payload(raw)

    def is_named_in(self, raw: str) -> bool:
        """Tell whether a text of any kind has the id as a word, plainly or as JSON escapes it."""
        plain = raw
        if "\\" in raw:
            plain = _ESCAPES.sub(lambda found: found[3] or chr(int(found[1] or found[2], 16)), raw)
            plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return any(found[1] for text in (raw, plain) for found in self._word.finditer(text))
