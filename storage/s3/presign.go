package s3

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

// The bounds of a presigned URL's validity, which are S3's.
const (
	MinPresign = time.Second
	MaxPresign = 7 * 24 * time.Hour
)

// Presign returns a URL by which anybody can get the object until validity has
// passed, within [MinPresign] and [MaxPresign]. A browser shows the object, and
// saves it as filename. Nothing is sent to the server, so the object need not be
// there. The URL's host is that of the endpoint in the Config.
func (s *Store) Presign(ctx context.Context, key string, validity time.Duration, filename string) (string, error) {
	if err := check(ctx, key); err != nil {
		return "", failed("presign", key, err)
	}
	disposition := url.Values{"response-content-disposition": {fmt.Sprintf("inline; filename=%q", filename)}}
	signed, err := s.bucket.PresignedGetObject(ctx, key, validity, disposition)
	if err != nil {
		return "", failed("presign", key, err)
	}
	return signed.String(), nil
}
