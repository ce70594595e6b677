"""What the documentation shows runs as it stands."""

from __future__ import annotations

import re

import pytest
from conftest import SOURCE, has_xgboost

PAGES = ["docs/python.md", "python/README.md", "README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_every_snippet_runs(page, fleet, tmp_path, monkeypatch, capsys):
    """Snippets of a page are one program; `df` is there already, as a reader has one."""
    monkeypatch.chdir(tmp_path)
    snippets = re.findall(r"```python\n(.*?)```", (SOURCE / page).read_text(), flags=re.DOTALL)
    assert snippets
    names = {"df": fleet.filter(fleet["unique_id"] != "new-01")}
    for number, snippet in enumerate(snippets):
        if "XGBoost" in snippet and not has_xgboost():
            continue
        exec(compile(snippet, f"{page}, snippet {number + 1}", "exec"), names)
