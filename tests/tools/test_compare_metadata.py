"""What the comparison of two metadata documents says."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from dynamics_bc_emulator.routes import standard_route

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from compare_metadata import differences, main

OURS = '<Schema><EntityType Name="a"><Property Name="x" Type="Edm.String" /><Property Name="y" /></EntityType></Schema>'

TURNED = OURS.replace('<Property Name="y" />', "").replace(
    '<Property Name="x"', '<Property Name="y" /><Property Name="x"'
)


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        (OURS, []),
        (
            OURS.replace('Type="Edm.String"', 'Type="Edm.Guid"'),
            ['/EntityType a/Property x: Name="x" Type="Edm.String" instead of Name="x" Type="Edm.Guid"'],
        ),
        (OURS.replace('<Property Name="y" />', ""), ["/EntityType a/Property y: too much"]),
        (OURS.replace("</EntityType>", '<Property Name="z" /></EntityType>'), ["/EntityType a/Property z: missing"]),
        (TURNED, ["/EntityType a: the order is another one, from Property y on"]),
        (
            OURS.replace('<Property Name="y" />', '<Property Name="y">1</Property>'),
            ["/EntityType a/Property y: the text None instead of '1'"],
        ),
    ],
)
def test_each_difference_is_a_line(theirs, said):
    assert list(differences(fromstring(OURS), fromstring(theirs))) == said


def test_actions_of_one_name_are_told_apart_by_what_they_are_bound_to():
    action = '<Action Name="post"><Parameter Name="p" Type="{}" /></Action>'
    ours, theirs = (fromstring(f"<S>{''.join(map(action.format, kinds))}</S>") for kinds in (("a", "b"), ("a", "c")))
    assert list(differences(ours, theirs)) == ["/Action post of c: missing", "/Action post of b: too much"]


def test_a_release_does_not_differ_from_itself(tmp_path, capsys):
    path = tmp_path / "metadata.xml"
    path.write_bytes(standard_route(28).metadata)
    assert main(["--metadata", str(path)]) == 0
    assert capsys.readouterr().out == "0 differences\n"
    assert main(["--metadata", str(path), "--release", "29"]) == 1
    assert main(["--metadata", str(tmp_path / "nothing.xml")]) == 2
