"""Chinese numbers with a check: telephone and the unified social credit code (统一社会信用代码); pure text rules."""
from __future__ import annotations

import re
import unicodedata

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
CREDIT_CODE = re.compile(r"[1-9A-HJ-NP-RT-UW-Y][0-9A-HJ-NP-RT-UW-Y]{16}[0-9A-HJ-NP-RT-UW-Y]\Z")
MOBILE = re.compile(r"1[3-9][0-9]{9}\Z")
LANDLINE = re.compile(r"(0[0-9]{2,3})-?([2-9][0-9]{6,7})\Z")


def narrow(text: str) -> str:
    """Full-width letters, digits and signs as ordinary ones; spaces gone."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def credit_check_sign(first_17: str) -> str:
    """The 18th character. Source: GB 32100-2015, weights 3^(i-1) mod 31."""
    total = sum(SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(first_17))
    return SIGNS[(31 - total % 31) % 31]


def credit_code(text: str) -> str | None:
    """The code in capitals, or None when its form or its check character is wrong."""
    code = narrow(text).upper()
    return code if CREDIT_CODE.match(code) and credit_check_sign(code[:17]) == code[17] else None


def phone(text: str) -> str | None:
    """A mobile number as 11 digits, a land line as `0418-1234567`; None when it is neither."""
    number = narrow(text).replace("—", "-").removeprefix("+86").removeprefix("-")
    if MOBILE.match(number.replace("-", "")):
        return number.replace("-", "")
    found = LANDLINE.match(number)
    return f"{found[1]}-{found[2]}" if found else None
