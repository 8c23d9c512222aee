import pytest

from mav3d_blender.setup.packages import variants
from mav3d_blender.setup.packages.requirements import Requirement, SetupError
from mav3d_blender.setup.packages.source import Source, checked_index


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


@pytest.mark.parametrize("address", [" https://mirror.example/simple ", "http://localhost:8080", "file:///wheels"])
def test_an_index_is_an_address_without_blanks_around_it(address):
    assert checked_index(address) == address.strip()


def test_only_a_source_without_an_index_is_local():
    assert Source(arguments=("--no-index", "--find-links", "/wheels")).local and not Source().local
