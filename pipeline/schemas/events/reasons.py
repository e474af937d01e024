"""Why a line is refused: one code a line, each with the sentence that docs and messages use."""

from enum import StrEnum


class Reason(StrEnum):
    """Reason codes of the quarantine. Codes are stable; messages may change."""

    INVALID_UTF8 = "invalid_utf8"
    LINE_TOO_LONG = "line_too_long"
    INVALID_JSON = "invalid_json"
    NOT_AN_OBJECT = "not_an_object"
    DUPLICATE_KEY = "duplicate_key"
    NOT_FINITE = "not_finite"
    MISSING_ATTRIBUTE = "missing_attribute"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_TYPE = "unknown_type"
    OUT_OF_RANGE = "out_of_range"
    NOT_WHOLE = "not_whole"
    INVALID_INSTANT = "invalid_instant"
    INVALID_DATE = "invalid_date"
    INVALID_MONEY = "invalid_money"
    INVALID_CURRENCY = "invalid_currency"
    INVALID_LENGTH = "invalid_length"
    INVALID_SOURCE = "invalid_source"
    INVALID_VALUE = "invalid_value"
    END_BEFORE_START = "end_before_start"
    PERIOD_TOO_LONG = "period_too_long"
    GRANTED_NOT_BELOW_REQUESTED = "granted_not_below_requested"
    QUANTILES_OUT_OF_ORDER = "quantiles_out_of_order"
    CURRENCY_MISSING = "currency_missing"
    NOTHING_CHANGED = "nothing_changed"
    CONFLICTING_DUPLICATE = "conflicting_duplicate"
    NOT_AN_EVENT = "not_an_event"


MEANINGS: dict[Reason, str] = {
    Reason.INVALID_UTF8: "the line holds bytes that are no UTF-8 text",
    Reason.LINE_TOO_LONG: "the line is longer than landing reads at once; only its beginning is kept",
    Reason.INVALID_JSON: "the line is no JSON by RFC 8259, or nests values too deep",
    Reason.NOT_AN_OBJECT: "the line is JSON, but no object",
    Reason.DUPLICATE_KEY: "an object names the same key twice, so its meaning is open",
    Reason.NOT_FINITE: "NaN, Infinity, or a number too large for any machine",
    Reason.MISSING_ATTRIBUTE: "a required attribute of the envelope is absent or null",
    Reason.MISSING_FIELD: "a required field of the payload is absent or null",
    Reason.WRONG_TYPE: "a value has another JSON type than the contract names",
    Reason.UNKNOWN_TYPE: "the catalogue does not know the event type; it lands once the catalogue learns it",
    Reason.OUT_OF_RANGE: "a number or instant lies outside what the contract allows, or any machine",
    Reason.NOT_WHOLE: "a count is no plain whole number; it is never rounded",
    Reason.INVALID_INSTANT: "an instant is no RFC 3339 date and time with an offset",
    Reason.INVALID_DATE: "a date is no day written YYYY-MM-DD",
    Reason.INVALID_MONEY: "an amount is no decimal string",
    Reason.INVALID_CURRENCY: "a currency is no ISO 4217 code of three capital letters",
    Reason.INVALID_LENGTH: "a text is empty or longer than the contract allows",
    Reason.INVALID_SOURCE: "the source is no URI-reference",
    Reason.INVALID_VALUE: "an attribute has a value other than the contract's",
    Reason.END_BEFORE_START: "a period does not end after it starts",
    Reason.PERIOD_TOO_LONG: "a metered period is longer than 31 days",
    Reason.GRANTED_NOT_BELOW_REQUESTED: "a denial grants all that was requested",
    Reason.QUANTILES_OUT_OF_ORDER: "quantiles do not rise from p10 to p90",
    Reason.CURRENCY_MISSING: "an amount comes without its currency",
    Reason.NOTHING_CHANGED: "a change names nothing that changed",
    Reason.CONFLICTING_DUPLICATE: "source and id are in the log with other content; the first stays",
    Reason.NOT_AN_EVENT: "the source mapping finds no event in the row",
}
