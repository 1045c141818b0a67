#!/usr/bin/env bash
# github.com/compose-spec/compose-go/v2 v2.9.1, which Compose 2.40.3 has, and v2.16.2: variables in compose files.
#
# Guess: ${A:+${B:?reason}} demands B only where A is set, as in every shell, of which the syntax is borrowed.
# Seen:  v2.9.1 demands B always: what is nested is evaluated before it is decided whether it is used. v2.16.2 does as shells do.
#
# A compose file that many versions of Compose are to read can therefore not say "whoever publishes the farm must set a
# password": here the container of Redis says so when it starts.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > main.go <<'GO'
package main

import (
	"fmt"

	"github.com/compose-spec/compose-go/v2/template"
)

func main() {
	for _, variables := range []map[string]string{{}, {"A": "1"}, {"A": "1", "B": "2"}} {
		got, err := template.Substitute("[${A:+${B:?reason}}]", func(name string) (string, bool) {
			value, ok := variables[name]
			return value, ok
		})
		fmt.Printf("%v: %s %v\n", variables, got, err)
	}
}
GO
substituted() {
  rm -f go.mod go.sum
  go mod init finding > /dev/null 2>&1
  go get "github.com/compose-spec/compose-go/v2/template@$1" > /dev/null 2>&1
  go run .
}
old=$(substituted v2.9.1)
new=$(substituted v2.16.2)
printf 'v2.9.1\n%s\nv2.16.2\n%s\n' "$old" "$new"
# shellcheck disable=SC2016 # the inner shell expands
printf 'bash: %s\n' "$(env -i bash -c 'echo "[${A:+${B:?reason}}]"')"

case $(head -1 <<< "$old") in
*'required variable B is missing'*) ;;
*) echo 'changed: v2.9.1 does not demand B where A is not set'; exit 1 ;;
esac
[ "$(head -1 <<< "$new")" = 'map[]: [] <nil>' ] || { echo 'changed: v2.16.2'; exit 1; }
echo 'as described: v2.9.1 demands B though A is not set, v2.16.2 does not'
