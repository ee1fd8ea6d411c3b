#!/usr/bin/env bash
# Builds pebble, a small ACME server, for the suite of certificates: this version of it, from the proxy of Go modules, into the checkout's
# .cache; nothing where it is there already.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=v2.10.3
folder="$PWD/.cache/pebble-$version"
if [ -x "$folder/pebble" ]; then exit 0; fi
go="$(command -v go || echo /usr/local/go/bin/go)"
GOBIN="$folder" GOFLAGS=-trimpath CGO_ENABLED=0 "$go" install "github.com/letsencrypt/pebble/v2/cmd/pebble@$version"
