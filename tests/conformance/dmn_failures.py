"""The public decision cases of the open kit that we fail, each with its group and the reason. Nothing here is hoped to pass by luck."""

_JAVA = "An external Java function: we execute no foreign code, whatever its name; the value is null with the reason feel.external-function."
_EXTERNAL = "0076-feel-external-java-test-01"

FAILURES: dict[tuple[str, str], tuple[str, str]] = {
    **{
        (_EXTERNAL, f"{name}:{name}"): ("dmn-cl3", _JAVA)
        for name in (
            "boxed_001", "literal_001", "literal_002", "literal_005", "literal_006", "literal_007", "literal_010", "literal_011", "literal_012",
            "varargs_001",
        )
    },
    ("1111-feel-matches-function-test-01", "K2-MatchesFunc-17:K2-MatchesFunc-17"): (
        "dmn-cl3", "A back reference in a pattern: no engine of linear time can have them, and time is bounded here.",
    ),
    ("0007-date-time-test-01", "001:ymDuration2"): (
        "dmn-cl3", "The kit compares durations as texts and expects «P1Y0M»; our text of that duration is «P1Y», as in its other cases.",
    ),
}
