"""What is in a file twice is named, and nothing else."""

import tomllib

import pytest

from auditor.config.errors import repeated_key_text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[defaults]\nusername = "a"\nusername = "b"\n',
            "`defaults.username` is there twice (line 3)",
        ),
        (
            '[defaults]\r\nusername = "a"\r\nusername = "b"',
            "`defaults.username` is there twice (line 3)",
        ),
        ('name = 1\n\n"name" = 2 # again\n', "`name` is there twice (line 3)"),
        (
            '[[cluster]]\n[cluster.pins]\n"imp.a" = "x"\n"imp.a" = [\n"y"]\n',
            "",
        ),
        (
            "[[cluster]]\n[cluster.pins]\n'imp.a' = 1\n\"imp.a\" = 2\n",
            "`cluster.pins.imp.a` is there twice (line 4)",
        ),
        ("[defaults]\na = 1\n[other]\n[defaults] # more\n", "[defaults] is there twice (line 4)"),
        ("[a]\nb = 1\n[a.b]\n", "[a.b] is there twice (line 3)"),
        ("a.b = 1\na.b.c = 2\n", ""),
        ("a = {b = 1, b = 2}\n", ""),
        ('a = """\nb = 1\n"""\nb = 2\nc = """\nb = 3\n', ""),
        ('a = 1\nb = [\n"""\n["\\q"]\n"""]\na = 2\n', ""),
        ("a = 1\na b = 2\n", ""),
    ],
)
def test_a_repeated_key_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as refused:
        tomllib.loads(text)
    assert repeated_key_text(text, str(refused.value)) == said
