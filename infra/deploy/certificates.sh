#!/usr/bin/env bash
# A certification authority and one certificate a server, for trying the compose files; others come from your own authority.
#
#   infra/deploy/certificates.sh [FOLDER]      FOLDER: infra/deploy/compose/tls
set -euo pipefail
folder=${1:-$(dirname "$0")/compose/tls}
mkdir -p "$folder"
cd "$folder"
[ -e ca.key ] && { echo "$folder has an authority already; remove it to make another."; exit 1; }
umask 077
quiet() { openssl "$@" 2>/dev/null; }
quiet req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=flexledger-ca \
  -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.crt
names="DNS:localhost,IP:127.0.0.1"
for server in flexledger market dso aggregator register access-layer tso identity certifier broker kafka; do
  names="$names,DNS:$server"
done
quiet req -newkey rsa:2048 -nodes -subj /CN=flexledger -keyout tls.key -out tls.csr
quiet x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out tls.crt \
  -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth' "$names")
rm tls.csr ca.srl
cat tls.key tls.crt >broker.pem
# The key's reader in the containers is user 1000; the authority's key stays with who made it.
chmod 644 ca.crt tls.crt
[ "$(id -u)" -ne 0 ] || chown 1000:1000 tls.key broker.pem
echo "$folder: ca.crt, tls.crt, tls.key, both in broker.pem; keep ca.key away from the machine that serves."
