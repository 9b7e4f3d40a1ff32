"""What shares servers stays together: where groups are kept, each server is started once, not in every process of a test run."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("groups")
def test_a_group_goes_to_one_process(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("loadgroup", False):
        pytest.skip("this run has no groups: they come with -n 2 --dist loadgroup")
    # So pytest-xdist tells its scheduler; without it, groups mean nothing and nothing says so.
    assert request.node.nodeid.endswith("@groups")
