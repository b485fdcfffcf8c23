#!/bin/sh
# Les mots de passe des rôles, au premier démarrage de la base (deploy/compose.yaml).
set -eu
psql --set ON_ERROR_STOP=1 --set owner="$OWNER_PASSWORD" --set app="$APP_PASSWORD" \
    --username postgres --dbname doleance <<'SQL'
ALTER ROLE doleance_owner PASSWORD :'owner';
ALTER ROLE doleance_app PASSWORD :'app';
SQL
