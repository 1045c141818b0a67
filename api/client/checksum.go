package client

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
)

// ErrDamaged says that what came is not what the farm has.
var ErrDamaged = errors.New("the picture that came is damaged")

// checksum is the CRC-32C of what was written to it.
type checksum struct{ crc uint32 }

// Write implements io.Writer. It never fails.
func (c *checksum) Write(p []byte) (int, error) {
	c.crc = crc32.Update(c.crc, crc32.MakeTable(crc32.Castagnoli), p)
	return len(p), nil
}

// check compares the checksum with a Repr-Digest (RFC 9530), as far as that has one of its kind: "crc32c=:4waSgw==:".
func (c *checksum) check(digest string) error {
	for member := range strings.SplitSeq(digest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(member), "=")
		want := strings.Trim(value, ":")
		if name != "crc32c" {
			continue
		}
		if got := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, c.crc)); got != want {
			return fmt.Errorf("%w: its CRC-32C is %s, the farm's %s", ErrDamaged, got, want)
		}
	}
	return nil
}
