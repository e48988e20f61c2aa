"""What keeps the documents true: generated blocks, and code blocks that are read or run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from check_docs import block_faults  # noqa: E402 - a script's folder is no package
from code_blocks import code_blocks  # noqa: E402
from marked_blocks import block_names, replaced, unclosed_marks  # noqa: E402
from plugin_facts import setting  # noqa: E402
from tables import markdown_table, meltano_setting  # noqa: E402

from dynamics_bc_client.judging import TABLE  # noqa: E402
from dynamics_bc_client.sign_in_remedies import BY_NUMBER  # noqa: E402

PAGE = """# Title

<!-- table: one -->
old
<!-- end -->

text
<!-- table: two -->
<!-- end -->
"""
PROJECT = """plugins:
  - name: tap
    settings:
    # table: one
    - name: old
    # end
    config: {}
"""


def test_blocks_are_replaced_and_everything_else_stays() -> None:
    written = replaced(PAGE, lambda name: f"| {name} |")
    assert block_names(PAGE) == block_names(written) == ["one", "two"]
    assert "<!-- table: one -->\n\n| one |\n\n<!-- end -->\n\ntext\n" in written
    assert replaced(written, lambda name: f"| {name} |") == written


def test_a_block_in_yaml_keeps_its_indentation() -> None:
    written = replaced(PROJECT, lambda _: "- name: new\n  kind: string")
    assert yaml.safe_load(written)["plugins"][0]["settings"] == [{"name": "new", "kind": "string"}]
    assert "    # end\n    config: {}" in written


def test_a_block_without_an_end_is_counted() -> None:
    assert unclosed_marks(PAGE) == 0
    assert unclosed_marks(PAGE + "<!-- table: three -->\n") == 1


def test_a_bar_in_a_cell_does_not_break_the_table() -> None:
    assert markdown_table(("a",), [("x | y",)]).splitlines()[-1] == r"| x \| y |"


def test_a_secret_setting_is_sensitive_in_meltano() -> None:
    schema = {"type": ["string", "null"], "title": "Secret", "description": 'A "secret": really', "secret": True}
    (described,) = yaml.safe_load("\n".join(meltano_setting(setting("client_secret", schema))))
    assert described == {
        "name": "client_secret",
        "kind": "string",
        "label": "Secret",
        "description": 'A "secret": really',
        "sensitive": True,
    }


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": ["integer", "string", "null"]}, "integer"),
        ({"type": ["array", "string", "null"], "items": {"type": "string"}}, "array"),
        ({"type": ["string", "null"], "format": "date-time"}, "date_iso8601"),
        ({"type": ["boolean", "string", "null"]}, "boolean"),
        ({"type": ["string", "null"], "enum": ["a", "b", None]}, "options"),
    ],
)
def test_the_kind_of_a_setting_follows_from_its_type(schema: dict[str, object], kind: str) -> None:
    (described,) = yaml.safe_load("\n".join(meltano_setting(setting("name", schema))))
    assert described["kind"] == kind
    assert [option["value"] for option in described.get("options", [])] == (["a", "b"] if kind == "options" else [])


def fenced(language: str, text: str, *, title: str = "", check: str = "") -> str:
    comment = f"<!-- check: {check} -->\n" if check else ""
    attributes = f' title="{title}"' if title else ""
    return f"Words.\n\n{comment}```{language}{attributes}\n{text}\n```\n"


def test_a_code_block_is_found_with_its_title_and_its_check() -> None:
    (block,) = code_blocks(fenced("json", "{}", title="tap.json", check="fails with 3"))
    assert (block.language, block.title, block.text) == ("json", "tap.json", "{}\n")
    assert (block.is_run, block.exit_code, block.is_shown_only) == (True, 3, False)
    assert next(code_blocks(fenced("shell", "x", check="not, because it is slow"))).is_shown_only


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        (fenced("json", "{"), "is not JSON"),
        (fenced("yaml", "a: b: c"), "is not YAML"),
        (fenced("json", '{"tenant": "x"}', title="tap.json"), "has no setting tenant"),
        (fenced("json", '{"journal": "x"}', title="tap.json"), "has no setting journal"),
        (fenced("json", '{"stroe_path": "x"}', title="store.json"), "has no setting stroe_path"),
        (fenced("shell", "dynamics-bc cure --config x"), "no command cure"),
        (fenced("shell", "dynamics-bc doctor --confg x"), "no option --confg"),
        (fenced("shell", "cat x | tap-dynamics-bc --nothing"), "no option --nothing"),
        (fenced("shell", "bc/bin/tap-dynamics-bc --nothing"), "no option --nothing"),
        (fenced("shell", "make nonsense"), "no target nonsense"),
        (fenced("shell", "meltano run tap-of-nobody target-duckdb"), "no plugin tap-of-nobody"),
        (fenced("shell", "frobnicate"), "no program"),
        (fenced("shell", "if", title="x.sh"), "no shell script"),
        (fenced("json", '{"type": "RECORD", "stream": "a", "record": {}}', title="x.singer"), "before its schema"),
        (fenced("json", '{"type": "STATE"}', title="x.singer"), "value is missing"),
    ],
)
def test_what_is_not_true_is_told(page: str, fault: str) -> None:
    (told,) = [each for block in code_blocks(page) for each in block_faults(block)]
    assert fault in told


@pytest.mark.parametrize(
    "page",
    [
        fenced("json", '{"tenant_id": "x", "company_ids": null}', title="tap.json"),
        fenced("json", '{"export_company_id": "x"}', title="target.json"),
        fenced("shell", "A=b tap-dynamics-bc --config x --discover > y && make test PYTHON=python3"),
        fenced("shell", "meltano --environment=sandbox run read-finance"),
        fenced("shell", "duckdb/bin/python -c 'import duckdb'"),
        fenced("shell", "dynamics-bc companies --json --config x # comment | frobnicate"),
    ],
)
def test_what_is_true_passes(page: str) -> None:
    assert [each for block in code_blocks(page) for each in block_faults(block)] == []


def test_every_refusal_that_the_client_knows_is_explained() -> None:
    page = (ROOT / "docs" / "errors.md").read_text()
    assert [number for number in BY_NUMBER if f"AADSTS{number}" not in page] == []
    codes = {row.code.removesuffix("*") for row in TABLE}
    assert {code for code in codes if code not in page} == set()


def test_a_stale_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("<!-- table: names from HotGlue -->\n<!-- end -->\n")
    command = [sys.executable, str(ROOT / "tools" / "generate_tables.py"), "--root", str(tmp_path)]
    stale = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert stale.returncode == 1
    assert "README.md" in stale.stderr
    assert "make tables" in stale.stderr
    assert subprocess.run(command, check=False).returncode == 0
    assert re.search("export_company_id.*company", (tmp_path / "README.md").read_text())
    assert subprocess.run([*command, "--check"], check=False).returncode == 0
