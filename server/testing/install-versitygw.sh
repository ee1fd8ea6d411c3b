#!/usr/bin/env bash
# Builds versitygw, an S3-compatible store, for the suite of stores of backups: this version of it, from the proxy of Go modules, into the
# checkout's .cache; nothing where it is there already.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=v1.8.0
folder="$PWD/.cache/versitygw-$version"
if [ -x "$folder/versitygw" ]; then exit 0; fi
go="$(command -v go || echo /usr/local/go/bin/go)"
GOBIN="$folder" GOFLAGS=-trimpath CGO_ENABLED=0 "$go" install "github.com/versity/versitygw/cmd/versitygw@$version"
