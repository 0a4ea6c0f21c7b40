#!/bin/sh
# Makes the Secrets of a trial, with passwords that nobody chose; what is there already stays.
set -eu
cd "$(dirname "$0")/../../.."
ours="kubectl --namespace tailored"
kubectl get namespace tailored >/dev/null 2>&1 || kubectl apply -f deploy/kubernetes/base/namespace.yaml
if $ours get secret signing-key >/dev/null 2>&1; then echo "The Secrets are there already."; exit 0; fi

made() { $ours create secret generic "$@"; }
word() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
postgres=$(word) service=$(word) rabbitmq=$(word)
made postgres --from-literal=POSTGRES_PASSWORD="$postgres" --from-literal=SERVICE_PASSWORD="$service"
made rabbitmq --from-literal=RABBITMQ_PASSWORD="$rabbitmq"
for name in gateway recruitment curriculum placement feedback; do
  set -- "$name" --from-literal=DATABASE_URL="postgresql+asyncpg://$name:$service@postgres/$name" \
    --from-literal=RABBITMQ_URL="amqp://tailored:$rabbitmq@rabbitmq:5672/"
  [ "$name" = gateway ] && set -- "$@" --from-literal=RABBITMQ_MANAGEMENT_URL="http://tailored:$rabbitmq@rabbitmq:15672/"
  made "$@"
done

keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT
[ -x .venv/bin/python ] || sh ./setup
.venv/bin/python -m shared.web.keypair "$keys" "$keys"
made verify-key --from-file="$keys/verify_key"
made signing-key --from-file="$keys/signing_key" # last: it says that all the others are there
