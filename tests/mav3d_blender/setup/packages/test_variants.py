"""The builds of PyTorch."""

import pytest

from mav3d_blender.setup.packages import variants
from mav3d_blender.setup.packages.requirements import Requirement, SetupError


def test_torchs_build_is_named_where_its_index_is_used():
    wanted = [Requirement("torch", "==", "2.13.0"), Requirement("numpy", ">=", "1.26")]
    cuda = variants.variant_of("cuda", "linux")
    assert [str(item) for item in variants.with_build(wanted, cuda, "linux")] == ["torch==2.13.0+cu130", "numpy>=1.26"]
    assert variants.index_addresses(cuda, "win32") == ["https://download.pytorch.org/whl/cu130"]
    cpu = variants.variant_of("cpu", "darwin")
    assert variants.with_build(wanted, cpu, "darwin") == wanted and variants.index_addresses(cpu, "darwin") == []


def test_variants_that_do_not_exist():
    with pytest.raises(SetupError, match="no variant"):
        variants.variant_of("rocm")
    with pytest.raises(SetupError, match="no CUDA on macOS"):
        variants.variant_of("cuda", "darwin")


def test_sizes_are_said_and_estimates_named():
    assert "3.0 GB to download, 6.0 GB on disk (measured on Linux, estimated elsewhere)" in variants.VARIANTS["cuda"].sentence
    assert "measured" in variants.VARIANTS["cpu"].sentence
