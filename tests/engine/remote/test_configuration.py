from engine.remote.configuration import configured_hosts


def test_hosts_of_a_configuration_and_of_what_it_includes(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "config").write_text(
        '# Host no\nInclude more/*.conf none\nHost workstation box "render 1"\n  HostName 10.0.0.1\nhost=equal\n'
        "Host * !box *.lan\nMatch host x\nHost workstation\n"
    )
    (tmp_path / "more" / "a.conf").write_text(f"Host lab\nInclude {tmp_path / 'config'}\n")
    assert configured_hosts(tmp_path / "config") == ["lab", "workstation", "box", "render 1", "equal"]


def test_no_configuration_has_no_hosts(tmp_path):
    assert configured_hosts(tmp_path / "none") == [] and configured_hosts(tmp_path) == []
