#!/bin/sh
# Makes the secrets of an installation once and puts each where only those who need it can read it. A value from the
# environment is taken instead. Run again, it keeps what is there; it never prints a secret.
set -eu
umask 077
postgres=/secrets/postgres apps=/secrets/apps s3=/secrets/s3
mkdir -p $postgres $apps $s3

# keep FILE VALUE LENGTH: the value given, or the one kept before, or LENGTH random hexadecimal digits.
keep() {
  if [ -n "$2" ]; then
    case $2 in *[!A-Za-z0-9_.~-]*)
      echo "$(basename "$1") must be made of letters, digits and . _ ~ - only" >&2
      exit 1 ;;
    esac
    printf %s "$2" >"$1.new"
  elif [ ! -s "$1" ]; then
    head -c "$(($3 / 2))" /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$1.new"
  else
    return 0
  fi
  # At once: nobody reads half a secret.
  mv "$1.new" "$1"
}

keep $postgres/password "${POSTGRES_PASSWORD:-}" 48
keep $apps/jwt-secret "${JWT_SECRET:-}" 64
keep $apps/s3-access-key "${MINIO_ACCESS_KEY:-}" 20
keep $apps/s3-secret-key "${MINIO_SECRET_KEY:-}" 40
printf 'postgres://parley:%s@postgres:5432/parley' "$(cat $postgres/password)" >$apps/database-url
printf '{"identities":[{"name":"parley","credentials":[{"accessKey":"%s","secretKey":"%s"}],"actions":["Admin","Read","Write","List","Tagging"]}]}' \
  "$(cat $apps/s3-access-key)" "$(cat $apps/s3-secret-key)" >$s3/s3.json

# Node and SeaweedFS run as user 1000; PostgreSQL's image reads its password as root.
chmod 0500 $apps $s3 && chmod 0400 $apps/* $s3/*
chown -R 1000:1000 $apps $s3
