"""The YAML examples of docs/decisions/0002, so that the page and the readers cannot disagree."""
import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "decisions" / "0002-schemes-and-forms.md").read_text(encoding="utf-8")
PACKAGE, SCHEME, FORM, TEXTS = (block.encode() for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
