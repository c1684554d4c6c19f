#!/bin/sh
# Starts a program. A variable X that is not set is read from the file that X_FILE names, so that secrets need not stand in
# the environment of a container, where `docker inspect` shows them.
set -eu
for name in $(env | sed -n 's/^\([A-Z][A-Z0-9_]*\)_FILE=..*/\1/p'); do
  eval "value=\${$name:-} file=\$${name}_FILE"
  unset "${name}_FILE"
  [ -z "$value" ] || continue
  if [ ! -r "$file" ]; then
    echo "${name}_FILE names $file, which cannot be read" >&2
    exit 1
  fi
  value=$(cat "$file")
  export "$name=$value"
done
exec "$@"
