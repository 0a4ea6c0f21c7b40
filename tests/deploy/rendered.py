"""The manifests as `kubectl apply -k` would send them, and what the compose file says of the same services."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
WHOLE, TRIAL = "", "try"
KUBECTL = Path(sys.executable).with_name("kubectl")


@cache
def rendered(overlay: str) -> tuple[dict, ...]:
    """Every object of an overlay; kustomize itself renders it."""
    done = subprocess.run([KUBECTL, "kustomize", KUBERNETES / overlay], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, *kinds: str) -> dict[str, dict]:
    return {one["metadata"]["name"]: one for one in rendered(overlay) if one["kind"] in kinds}


def pods(overlay: str) -> dict[str, dict]:
    """The template of each Deployment and StatefulSet."""
    found = of_kind(overlay, "Deployment", "StatefulSet")
    return {name: one["spec"]["template"] for name, one in found.items()}


def processes(overlay: str = WHOLE) -> dict[tuple[str, str], dict]:
    """(service, component) and the pod of each process of ours."""
    labelled = [(one["metadata"]["labels"], one["spec"]) for one in pods(overlay).values()]
    return {
        (labels["app.kubernetes.io/name"], labels["app.kubernetes.io/component"]): spec
        for labels, spec in labelled
        if "app.kubernetes.io/component" in labels
    }


def selected(overlay: str, selector: dict) -> list[str]:
    """The names of what a selector finds."""

    def fits(labels: dict) -> bool:
        asked = selector.get("matchExpressions", [])
        assert all(one["operator"] == "In" for one in asked)
        return all(labels.get(one["key"]) in one["values"] for one in asked) and (
            selector.get("matchLabels", {}).items() <= labels.items()
        )

    return [name for name, pod in pods(overlay).items() if fits(pod["metadata"]["labels"])]


@cache
def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())
