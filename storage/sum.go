package storage

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
)

// Checksum is the CRC-32C (Castagnoli) of some bytes, and of nothing else, as
// text: the base64 of its four bytes, the most significant first ("4waSgw=="
// is that of "123456789"). S3 writes it so, and HTTP does in a Repr-Digest
// (RFC 9530): "crc32c=:4waSgw==:". The empty Checksum is one that is not known.
//
// It finds every flipped byte and, but for one in four billion, whatever else
// happens to bytes by accident. It is no defence against somebody who means to
// change them.
type Checksum string

// ChecksumOf returns the checksum of data.
func ChecksumOf(data []byte) Checksum {
	var sum Sum
	_, _ = sum.Write(data) // never fails
	return sum.Checksum()
}

// Sum adds up the bytes that are written to it: how many there are, and their
// CRC-32C. The zero Sum is that of no bytes.
type Sum struct {
	size int64
	crc  uint32
}

var _ io.Writer = (*Sum)(nil)

// Write adds p to the sum. It never fails.
func (s *Sum) Write(p []byte) (int, error) {
	s.crc = crc32.Update(s.crc, crc32.MakeTable(crc32.Castagnoli), p)
	s.size += int64(len(p))
	return len(p), nil
}

// Size returns the number of bytes.
func (s Sum) Size() int64 { return s.size }

// Checksum returns the checksum of the bytes.
func (s Sum) Checksum() Checksum {
	var text [crcText]byte
	return Checksum(appendCRC(text[:0], s.crc))
}

// has reports whether c is the checksum of the bytes.
func (s Sum) has(c Checksum) bool {
	var text [crcText]byte
	return string(appendCRC(text[:0], s.crc)) == string(c)
}

// Record returns what a store keeps beside an object with this sum under key, to
// tell later whether it is still that object: "9 4waSgw== EY1wiw==", the size,
// the checksum, and a seal, which is the CRC-32C of the key ("renders/a.png"), a
// zero byte, and the record up to the seal. So a record that was damaged, or
// belongs to another key, does not pass, and it takes no reading of the object to
// see that.
func (s Sum) Record(key string) string {
	record := strconv.FormatInt(s.size, 10) + " " + string(s.Checksum()) + " "
	var text [crcText]byte
	return record + string(appendCRC(text[:0], seal(key, record)))
}

// ParseRecord returns the size and the checksum in a record that was made for
// key. Anything else is ErrDamaged.
func ParseRecord(key, record string) (size int64, c Checksum, err error) {
	end := max(len(record)-crcText, 0)
	var text [crcText]byte
	if string(appendCRC(text[:0], seal(key, record[:end]))) != record[end:] {
		return 0, "", fmt.Errorf("%w: its record is %s, which was not made for this key", ErrDamaged, quote(record))
	}
	// Whoever made the seal made what is before it.
	first, second, _ := strings.Cut(record[:end], " ")
	size, err = strconv.ParseInt(first, 10, 64)
	if err != nil || len(second) != crcText+len(" ") {
		return 0, "", fmt.Errorf("%w: its record is %s, which means nothing", ErrDamaged, quote(record))
	}
	return size, Checksum(second[:crcText]), nil
}

// crcText is the length of a checksum as text.
const crcText = 8

func appendCRC(text []byte, crc uint32) []byte {
	var bytes [crc32.Size]byte
	binary.BigEndian.PutUint32(bytes[:], crc)
	return base64.StdEncoding.AppendEncode(text, bytes[:])
}

// seal returns the CRC-32C of the key, a zero byte and the text. It takes them
// byte by byte: for a hundred of them that is quicker than to copy them to where
// package crc32 can take them.
func seal(key, text string) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	crc := ^uint32(0)
	for _, part := range [...]string{key, "\x00", text} {
		for i := range len(part) {
			crc = table[(crc^uint32(part[i]))&0xff] ^ crc>>8
		}
	}
	return ^crc
}
