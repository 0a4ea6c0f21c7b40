#!/bin/sh
# Fetches the files of others that our pages need from npm, and notes their hashes and licences.
# The result is committed; run again only to change a version. `sh shared/web/vendor.sh --check` compares.
set -eu
here=$(cd "$(dirname "$0")/static/vendor" && pwd)
if [ "${1:-}" = "--check" ]; then
  cd "$here" && exec sha256sum --check --quiet SHA256SUMS
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
take() { # package version file-in-package name-here licence-file
  (cd "$work" && npm pack --silent "$1@$2" >/dev/null && tar -xzf "$(echo "$1" | tr / -)-$2.tgz" && cp "package/$3" "$here/$4")
  if [ -f "$work/package/$5" ]; then cp "$work/package/$5" "$here/$4.LICENSE"; fi
  rm -rf "$work/package"
}
take htmx.org 2.0.11 dist/htmx.min.js htmx.min.js LICENSE
take htmx-ext-sse 2.2.4 dist/sse.min.js htmx-ext-sse.min.js LICENSE
take bootstrap 5.3.9 dist/css/bootstrap.min.css bootstrap.min.css LICENSE
sed -i 's|/\*# sourceMappingURL=.*\*/||' "$here/bootstrap.min.css"
cd "$here" && sha256sum -- *.js *.css >SHA256SUMS
