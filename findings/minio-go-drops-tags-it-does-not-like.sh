#!/usr/bin/env bash
# minio-go v7.4.1, PutObjectOptions.UserTags with a value that S3 does not allow (an ampersand), against versitygw v1.8.0.
#
# Guess: PutObject fails, as tags.NewTags and PutObjectTagging do, or the server refuses.
# Seen:  PutObject succeeds and the object has no tag at all, the good one beside the bad one lost too. Nobody is told.
#
# Whoever keeps titles or owners in tags has to check them with tags.NewTags first. The farm keeps what it must know in metadata
# of its own alphabet.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
mkdir data try

cat > try/main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/tags"
)

func main() {
	ctx := context.Background()
	c, err := minio.New(os.Args[1], &minio.Options{Creds: credentials.NewStaticV4("user", "password", "")})
	if err != nil {
		panic(err)
	}
	if err := c.MakeBucket(ctx, "bucket", minio.MakeBucketOptions{}); err != nil {
		panic(err)
	}
	put := func(key string, o minio.PutObjectOptions) {
		if _, err := c.PutObject(ctx, "bucket", key, strings.NewReader("hello"), 5, o); err != nil {
			fmt.Println("put", key, err)
		}
	}
	tagged := func(key string, wanted map[string]string) {
		put(key, minio.PutObjectOptions{UserTags: wanted})
		found, err := c.GetObjectTagging(ctx, "bucket", key, minio.GetObjectTaggingOptions{})
		fmt.Printf("%s: %q %v\n", key, found, err)
	}
	tagged("good", map[string]string{"owner": "farm"})
	tagged("bad", map[string]string{"owner": "farm", "title": "salt & pepper"})
	_, err = tags.NewTags(map[string]string{"title": "salt & pepper"}, true)
	fmt.Println("NewTags:", err)
}
GO
go mod init finding > /dev/null 2>&1
go get github.com/minio/minio-go/v7@v7.4.1 github.com/versity/versitygw/cmd/versitygw@v1.8.0 > /dev/null 2>&1
go build -o versitygw github.com/versity/versitygw/cmd/versitygw
go build -o tried ./try

port=$((20000 + RANDOM % 10000))
ROOT_ACCESS_KEY=user ROOT_SECRET_KEY=password ./versitygw --port "127.0.0.1:$port" --quiet posix data > log 2>&1 &
server=$!
for _ in $(seq 100); do (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null && break; sleep 0.1; done
out=$(./tried "127.0.0.1:$port")
echo "$out"
[ "$out" = 'good: "owner=farm" <nil>
bad: "" <nil>
NewTags: The TagValue you have provided is invalid' ] || { echo 'changed'; exit 1; }
echo 'as described: one bad tag, and all are dropped without a word' 
