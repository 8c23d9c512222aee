"""The pinned list: read, compared, stamped; and the builds of PyTorch."""

import pytest

from mav3d_blender.setup.packages import variants
from mav3d_blender.setup.packages.requirements import Requirement, SetupError, read_requirements, satisfies, stamp
from mav3d_blender.setup.packages.source import Source


def test_the_engines_own_list_is_read():
    names = {requirement.name: requirement for requirement in read_requirements()}
    assert names["torch"].operator == "==" and "diffusers" in names and names["numpy"].operator == ">="


@pytest.mark.parametrize("text", ["torch==2.13.0\n-r other.txt\n", "git+https://example.org/x\n", "\n# nothing\n"])
def test_a_list_with_anything_else_is_refused(tmp_path, text):
    path = tmp_path / "list.txt"
    path.write_text(text)
    with pytest.raises(SetupError):
        read_requirements(path)


def test_a_list_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(SetupError, match="install the extension again"):
        read_requirements(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("version", "asked", "good"),
    [
        ("2.13.0+cpu", "==2.13.0", True),
        ("2.13", "==2.13.0", True),
        ("2.13.1", "==2.13.0", False),
        ("2.4.6", ">=1.26", True),
        ("1.26.0", ">=1.26", True),
        ("1.9", ">=1.26", False),
        ("2.0rc1", ">=2.0", False),
        ("0.10.0", "==0.1.0", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version, asked, good):
    assert satisfies(version, Requirement("package", asked[:2], asked[2:])) is good


def test_the_stamp_changes_with_a_version_and_not_with_order_or_spelling():
    one, two = Requirement("fast_simplification", "==", "0.2.0"), Requirement("torch", "==", "2.13.0")
    same = Requirement("Fast-Simplification", "==", "0.2.0")
    assert stamp([one, two]) == stamp([two, same]) != stamp([one, Requirement("torch", "==", "2.14.0")])


def test_torchs_build_is_named_where_its_index_is_used():
    wanted = [Requirement("torch", "==", "2.13.0"), Requirement("numpy", ">=", "1.26")]
    cuda = variants.variant_of("cuda", "linux")
    assert [str(item) for item in variants.with_build(wanted, cuda, "linux")] == ["torch==2.13.0+cu130", "numpy>=1.26"]
    assert variants.index_addresses(cuda, "win32") == ["https://download.pytorch.org/whl/cu130"]
    cpu = variants.variant_of("cpu", "darwin")
    assert variants.with_build(wanted, cpu, "darwin") == wanted and variants.index_addresses(cpu, "darwin") == []


def test_a_package_index_takes_the_place_of_others():
    wanted, mirror = [Requirement("torch", "==", "2.13.0")], Source(" https://mirror.example/simple ", seconds=7.5, tries=2)
    cpu, cuda = (variants.variant_of(name, "linux") for name in ("cpu", "cuda"))
    patience = ["--timeout", "7.5", "--retries", "1"]
    own = [*patience, "--index-url", "https://mirror.example/simple"]
    assert mirror.pip_arguments(cpu, "linux") == own and mirror.wanted(wanted, cpu, "linux") == wanted
    # CUDA's builds are PyTorch's own.
    assert mirror.pip_arguments(cuda, "linux") == [*own, "--extra-index-url", cuda.index]
    assert [str(item) for item in mirror.wanted(wanted, cuda, "linux")] == ["torch==2.13.0+cu130"]
    assert Source(seconds=7.5, tries=2).pip_arguments(cpu, "linux") == [*patience, "--extra-index-url", cpu.index]
    assert [str(item) for item in Source().wanted(wanted, cpu, "linux")] == ["torch==2.13.0+cpu"]
    # uv's names for the same.
    own = ["--default-index", "https://mirror.example/simple"]
    assert mirror.uv_arguments(cpu, "linux") == own and mirror.uv_arguments(cuda, "linux") == [*own, "--index", cuda.index]
    assert Source().uv_arguments(cpu, "linux") == ["--index", cpu.index] and Source().uv_arguments(cpu, "darwin") == []
    assert mirror.index_arguments() == [*patience, "--index-url", "https://mirror.example/simple"]
    assert mirror.addresses(cuda, "linux") == ["https://mirror.example/simple", cuda.index]
    assert Source(arguments=("--no-index",)).addresses(cuda, "linux") == []


@pytest.mark.parametrize("address", ["mirror.example", "ftp://mirror/simple", "https://", "https://a b/simple", "http://[::1"])
def test_what_is_no_index_is_refused(address):
    with pytest.raises(SetupError, match="is no address"):
        Source(address).pip_arguments(variants.variant_of("cpu", "linux"), "linux")


def test_variants_that_do_not_exist():
    with pytest.raises(SetupError, match="no variant"):
        variants.variant_of("rocm")
    with pytest.raises(SetupError, match="no CUDA on macOS"):
        variants.variant_of("cuda", "darwin")


def test_sizes_are_said_and_estimates_named():
    assert "3.0 GB to download, 6.0 GB on disk (measured on Linux, estimated elsewhere)" in variants.VARIANTS["cuda"].sentence
    assert "measured" in variants.VARIANTS["cpu"].sentence
