"""The manifests say what the compose file says, and what the API server, the settings and the services understand."""

import inspect
import os
import re
import subprocess
import tomllib

import httpx
import kubernetes_validate
import pytest

from services.gateway.provider import Oidc
from shared.map import SERVICES, _listener
from shared.messaging.batch import Batcher
from shared.service import create_app
from shared.settings import ROLES, Settings
from tests.deploy.rendered import ROOT, TRIAL, WHOLE, compose, of_kind, pods, processes, rendered, selected

BOTH = pytest.mark.parametrize("overlay", [WHOLE, TRIAL], ids=["whole", "trial"])
LEFT_AT_THEIR_DEFAULTS = {"PERSONAS", "TOPOLOGY_MAP", "POOL_SIZE", "PREFETCH", "OIDC_SCOPE"}
PROBES = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
FILES = {"VERIFY_KEY", "SIGNING_KEY"}


def main_of(pod: dict) -> dict:
    return pod["containers"][0]


def said(container: dict) -> dict[str, dict]:
    return {one["name"]: one for one in container.get("env", [])}


def secrets_of(pod: dict) -> set[tuple[str, str]]:
    """(Secret, key) for what a pod takes from Secrets; of a mounted one only the Secret counts."""
    containers = [*pod.get("initContainers", []), *pod["containers"]]
    refs = [
        one["valueFrom"]["secretKeyRef"] for c in containers for one in said(c).values() if "valueFrom" in one
    ]
    mounted = [one["secret"]["secretName"] for one in pod.get("volumes", []) if "secret" in one]
    return {(ref["name"], ref["key"]) for ref in refs} | {(name, "") for name in mounted}


@BOTH
@pytest.mark.parametrize("version", ["1.25", "1.37"])
def test_every_manifest_is_one_that_the_api_of_this_version_takes(overlay, version):
    for one in rendered(overlay):
        kubernetes_validate.validate(one, version, strict=True)


def test_each_role_of_compose_is_played_by_one_deployment_of_each_service():
    default = compose()["x-environment"]["ROLES"].partition(":-")[2].rstrip("}").split(",")
    assert set(default) == set(ROLES)

    for service in SERVICES:
        played = [
            role
            for (name, _), pod in processes().items()
            if name == service
            for role in said(main_of(pod))["ROLES"]["value"].split(",")
        ]
        idle = set() if _listener(service).jobs else {"worker"}
        assert sorted(played) == sorted(set(ROLES) - idle), service


def test_a_process_starts_as_in_compose_after_its_schema():
    schema = compose()["x-schema"]["command"]
    for (service, _), pod in processes().items():
        assert "command" not in compose()["services"][service]
        assert not {"command", "args"} & set(main_of(pod))
        assert [one["command"] for one in pod["initContainers"]] == [
            [part.replace("$$", "$") for part in schema]
        ]
        images = {one["image"].partition(":")[0] for one in [*pod["initContainers"], *pod["containers"]]}
        assert images == {compose()["services"][service]["image"]}


def test_the_settings_are_those_of_the_compose_file_and_of_the_code():
    read = {name.upper() for name in Settings.model_fields} | {
        f"OIDC_{name}".upper() for name in Oidc.model_fields
    }
    inside = {name for service in SERVICES for name in compose()["services"][service]["environment"]}
    shared = set(of_kind(WHOLE, "ConfigMap")["settings"]["data"])
    given = shared | {name for pod in processes().values() for name in said(main_of(pod))}

    assert given == inside
    assert given | LEFT_AT_THEIR_DEFAULTS | FILES == read
    for pod in processes().values():
        assert main_of(pod)["envFrom"] == [{"configMapRef": {"name": "settings"}}]
        assert "DATABASE_URL" in said(main_of(pod))
        assert ("RABBITMQ_URL" in said(main_of(pod))) >= ("consumer" in said(main_of(pod))["ROLES"]["value"])


def test_only_the_gateway_that_signs_sees_the_private_key():
    seeing = [who for who, pod in processes().items() if ("signing-key", "") in secrets_of(pod)]

    assert seeing == [("gateway", "http")]
    assert all(("verify-key", "") in secrets_of(pod) for pod in processes().values())


@BOTH
def test_no_manifest_carries_a_secret(overlay):
    assert not of_kind(overlay, "Secret")
    plain = {
        name
        for pod in pods(overlay).values()
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
        for name, one in said(container).items()
        if "value" in one
    }
    assert plain <= {"ROLES", "PGDATA", "RABBITMQ_DEFAULT_USER", "DOMAIN"}


async def test_probes_ask_what_every_process_answers_whatever_its_role():
    for (service, _), pod in processes().items():
        main = main_of(pod)
        settings = Settings(database_url="postgresql+asyncpg://x/x", roles=said(main)["ROLES"]["value"])
        app = create_app(service, _listener(service), [], settings)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pod") as client:
            for probe, path in PROBES.items():
                assert main[probe]["httpGet"] == {"path": path, "port": main["ports"][0]["name"]}
                assert (await client.get(path)).status_code == (503 if path == "/readyz" else 200), service


def test_processes_listen_and_stop_as_the_image_does():
    command = (ROOT / "Dockerfile").read_text().rpartition("CMD")[2]
    port = int(re.search(r"--port (\d+)", command)[1])
    requests = int(re.search(r"--timeout-graceful-shutdown (\d+)", command)[1])
    batches, relay = inspect.signature(Batcher.stop).parameters["seconds"].default, 3

    for pod in processes().values():
        main = main_of(pod)
        assert main["ports"] == [{"name": "http", "containerPort": port}]
        unheard = int(main["lifecycle"]["preStop"]["exec"]["command"][1])
        assert pod["terminationGracePeriodSeconds"] > unheard + requests + batches + relay


def test_the_ingress_has_the_paths_of_composes():
    nginx = (ROOT / "deploy" / "ingress" / "nginx.conf").read_text()
    asked = {f"/{path}": service for path, service in re.findall(r"~\^/(\w+)\(/\|\$\) (\w+);", nginx)}
    asked["/"] = re.search(r"default (\w+);", nginx)[1]
    (rule,) = of_kind(WHOLE, "Ingress")["tailored"]["spec"]["rules"]
    found = {one["path"]: one["backend"]["service"]["name"] for one in rule["http"]["paths"]}

    assert found.pop("/metrics") == "nobody"
    assert found == asked
    assert set(found.values()) == set(SERVICES)


@BOTH
def test_selectors_find_what_they_mean(overlay):
    for name, one in of_kind(overlay, "Service").items():
        found = selected(overlay, {"matchLabels": one["spec"]["selector"]})
        assert found == ([] if name == "nobody" else [name if name in pods(overlay) else f"{name}-http"])
    for name, one in of_kind(overlay, "PodDisruptionBudget").items():
        assert selected(overlay, one["spec"]["selector"]) == [name]
    for one in of_kind(overlay, "HorizontalPodAutoscaler").values():
        target = of_kind(overlay, "Deployment")[one["spec"]["scaleTargetRef"]["name"]]
        assert "replicas" not in target["spec"], "each `kubectl apply` would scale it back"
    for name, one in of_kind(overlay, "NetworkPolicy").items():
        senders = [sender for rule in one["spec"].get("ingress", []) for sender in rule.get("from", [])]
        named = [sender["podSelector"] for sender in senders if "podSelector" in sender]
        for selector in [one["spec"]["podSelector"], *named]:
            assert selected(overlay, selector), name


@BOTH
def test_pods_run_locked(overlay):
    for name, pod in pods(overlay).items():
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["automountServiceAccountToken"] is False
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            locked = container["securityContext"]
            assert locked["allowPrivilegeEscalation"] is False
            assert locked["capabilities"] == {"drop": ["ALL"]}
            assert locked.get("readOnlyRootFilesystem") or name in {"postgres", "rabbitmq"}
            assert {"cpu", "memory"} == set(container["resources"]["requests"])
            assert set(container["resources"]["limits"]) == {"memory"}, "a limit of processor time only slows"


def test_images_are_those_of_this_release():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert {main_of(pod)["image"].partition(":")[2] for pod in processes().values()} == {version}


def test_the_secrets_of_a_trial_are_those_that_its_pods_ask_for(tmp_path, monkeypatch):
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f'#!/bin/sh\ncase "$*" in *" get "*) exit 1;; esac\necho "$@" >> {tmp_path}/asked\n')
    kubectl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    subprocess.run(["sh", ROOT / "deploy" / "kubernetes" / "try" / "secrets.sh"], check=True)
    asked = (tmp_path / "asked").read_text()
    assert all((ROOT / file).exists() for file in re.findall(r"apply -f (\S+)", asked))
    made = {
        (line.split()[5], key)
        for line in asked.splitlines()
        for key in re.findall(r"--from-literal=(\w+)=", line) or [""]
        if "create secret" in line
    }

    asked_for = set().union(*(secrets_of(pod["spec"]) for pod in pods(TRIAL).values()))

    assert made ^ asked_for == {("gateway", "OIDC_CLIENT_SECRET")}, "which is optional"
