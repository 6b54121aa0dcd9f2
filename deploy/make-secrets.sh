#!/usr/bin/env bash
# Makes the secrets of a deployment, one file each: deploy/make-secrets.sh [FOLDER]
#
# Nobody but you can look into the folder. The files in it can be read by all, since each is mounted into a container
# whose user is another; there, each container sees only its own. A folder that exists is left alone: replacing one
# secret of a running deployment is described in docs/operations.md.
set -euo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-$here/secrets}

case $folder in -*) sed -n '2s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2 ;; esac
if [ -e "$folder" ]; then
  echo "make-secrets: $folder exists; nothing was changed" >&2
  exit 1
fi

made=$folder.new
mkdir -p "$(dirname "$folder")"
mkdir "$made" # refused when another run is at work, or was cut short: then look and remove it
for name in \
  postgres-admin database-authz-server database-idp-registry database-token-vault \
  client-operator client-api-gateway client-jwt-validator client-idp-registry client-token-vault \
  key-encryption-key vault-key; do
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n' > "$made/$name" # 256 bits
  chmod 444 "$made/$name"
done
mv "$made" "$folder"
echo "make-secrets: the secrets are in $folder"
