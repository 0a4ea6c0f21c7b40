#!/bin/bash
# A database and a user for each service; no service can read another's.
set -euo pipefail
for service in gateway recruitment curriculum placement feedback; do
  psql -v ON_ERROR_STOP=1 --username postgres --set service="$service" --set password="$SERVICE_PASSWORD" <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE CONNECT ON DATABASE :"service" FROM PUBLIC;
SQL
done
