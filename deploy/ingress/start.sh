# nginx looks names up itself: where, the container says; under which domain, DOMAIN (empty in Compose).
set -eu
resolver=$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)
sed "s/@resolver@/$resolver/; s/@domain@/${DOMAIN:-}/" /etc/nginx/nginx.conf > /tmp/nginx.conf
exec nginx -c /tmp/nginx.conf -g 'daemon off;'
