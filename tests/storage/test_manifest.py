import hashlib
import json

import pytest

from kt_fewshot import __version__
from kt_fewshot.errors import CheckpointError
from kt_fewshot.storage import MANIFEST, FileRecord, Manifest, write_manifest


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"abc")
    (tmp_path / "b.bin").write_bytes(b"")
    write_manifest(tmp_path, ["a.bin", "b.bin"], kind="store", meta={"skills": ["fractions", "Brüche"], "x": 0.1})
    return tmp_path


def test_says_what_a_folder_holds(folder):
    manifest = Manifest.load(folder, kind="store")
    assert manifest.kind == "store"
    assert manifest.code_version == __version__
    assert manifest.meta == {"skills": ["fractions", "Brüche"], "x": 0.1}
    # SHA-256 of "abc", from FIPS 180-2, and of nothing
    assert manifest.files["a.bin"].sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert manifest.files["b.bin"] == FileRecord("b.bin", hashlib.sha256().hexdigest(), 0)
    assert manifest.read(folder, "a.bin") == b"abc"
    manifest.verify(folder)


def test_it_is_readable_json(folder):
    found = json.loads((folder / MANIFEST).read_text())
    assert list(found) == ["checksum", "schema_version", "kind", "code_version", "files", "meta"]


def test_every_flipped_bit_of_the_manifest_is_found(folder):
    content = (folder / MANIFEST).read_bytes()
    for byte in range(len(content)):
        for bit in range(8):
            broken = bytearray(content)
            broken[byte] ^= 1 << bit
            with pytest.raises(CheckpointError):
                Manifest.from_bytes(bytes(broken), folder / MANIFEST)


def test_every_truncation_and_every_line_taken_out_is_found(folder):
    content = (folder / MANIFEST).read_bytes()
    lines = content.splitlines(keepends=True)
    broken = [content[:length] for length in range(len(content))]
    broken += [b"".join(lines[:n] + lines[n + 1 :]) for n in range(len(lines))]
    broken += [content + b" ", b" " + content, content.replace(b"\n", b"\r\n")]
    for text in broken:
        with pytest.raises(CheckpointError):
            Manifest.from_bytes(text, folder / MANIFEST)


@pytest.mark.parametrize("read", [lambda m, f: m.read(f, "a.bin"), lambda m, f: m.verify(f)])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"abd", "a.bin is damaged: its content does not match its SHA-256 in the manifest."),
        (b"ab", "a.bin is damaged: it should have 3 bytes, it has 2."),
        (None, "a.bin cannot be read, although the manifest names it: it is missing."),
    ],
)
def test_damage_is_told_in_one_line(folder, read, content, message):
    (folder / "a.bin").unlink()
    if content is not None:
        (folder / "a.bin").write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        read(Manifest.load(folder, kind="store"), folder)
    assert str(caught.value) == f"{folder}/{message}"


def test_a_file_the_manifest_does_not_name_is_not_read(folder):
    (folder / "c.bin").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"names no 'c.bin' \(it names: a.bin, b.bin\)"):
        Manifest.load(folder, kind="store").read(folder, "c.bin")


def test_another_kind_is_refused_unless_any_will_do(folder):
    with pytest.raises(CheckpointError, match="holds a saved 'store'; 'tracer' is wanted"):
        Manifest.load(folder, kind="tracer")
    assert Manifest.load(folder, kind=None).kind == "store"


def test_nothing_saved_is_told(tmp_path):
    with pytest.raises(CheckpointError, match=r"holds no saved tracer: .*manifest.json: no such file"):
        Manifest.load(tmp_path / "nowhere", kind="tracer")


def signed(text):
    unsigned = text.replace(text.split('"')[3], "", 1)
    return unsigned.replace('""', f'"{hashlib.sha256(unsigned.encode()).hexdigest()}"', 1).encode()


def test_a_newer_layout_is_refused_with_what_to_do(folder):
    text = (folder / MANIFEST).read_text().replace('"schema_version": 1', '"schema_version": 2')
    with pytest.raises(CheckpointError, match=r"newer kt-fewshot \(layout 2, this one reads up to 1\). Update"):
        Manifest.from_bytes(signed(text), folder / MANIFEST)


@pytest.mark.parametrize("name", ["../a.bin", "/etc/passwd", "..", "", "a/b", "c:x", "a\\\\b"])
def test_a_manifest_that_leads_out_of_its_folder_is_refused(folder, name):
    text = (folder / MANIFEST).read_text().replace('"file": "a.bin"', f'"file": "{name}"')
    with pytest.raises(CheckpointError, match="names a file outside its folder"):
        Manifest.from_bytes(signed(text), folder / MANIFEST)


@pytest.mark.parametrize("old", ['"kind": "store"', '"sha256": "ba78', '"files": {'])
def test_a_well_signed_manifest_of_another_shape_is_refused(folder, old):
    text = (folder / MANIFEST).read_text().replace(old, old.replace(old.split('"')[1], "other"))
    with pytest.raises(CheckpointError, match="is not a manifest of kt-fewshot"):
        Manifest.from_bytes(signed(text), folder / MANIFEST)


@pytest.mark.parametrize("content", [b"", b"[]", b"1", b"{}", b"\xff", b"[" * 100_000, b'{"schema_version": "9"}'])
def test_any_other_file_is_refused(tmp_path, content):
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged"):
        Manifest.load(tmp_path, kind=None)
