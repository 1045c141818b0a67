#!/usr/bin/env bash
# versitygw v1.8.0 and minio-go v7.4.1, PutObject over http without a content encoding, and with gzip.
#
# Guess: how the request's body was sent is no property of the object: it has no Content-Encoding, or gzip.
# Seen:  "aws-chunked", and "aws-chunked,gzip". minio-go signs bodies in chunks and says so in that header; the server keeps it, and every
#        GET, a browser's through a presigned URL too, is told of an encoding that no client undoes. AWS takes it out.
#        With DisableContentSha256 the body goes in one piece, and the object has what was asked for.
#
# The farm sends its objects so, and is not affected; its pictures would be if it did not.
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
	encoding := func(key string, o minio.PutObjectOptions) {
		put(key, o)
		info, err := c.StatObject(ctx, "bucket", key, minio.StatObjectOptions{})
		fmt.Println(key, info.Metadata["Content-Encoding"], err)
	}
	encoding("plain", minio.PutObjectOptions{})
	encoding("gzip", minio.PutObjectOptions{ContentEncoding: "gzip"})
	encoding("whole", minio.PutObjectOptions{ContentEncoding: "gzip", DisableContentSha256: true})
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
[ "$out" = "plain [aws-chunked] <nil>
gzip [aws-chunked,gzip] <nil>
whole [gzip] <nil>" ] || { echo 'changed'; exit 1; }
echo 'as described: the way a body was sent stays as its encoding' 
