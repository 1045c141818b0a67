package renderer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"mandelfarm/renderer/deep"
)

// groundworkMagic begins stored groundwork.
const groundworkMagic = "mandelfarm groundwork 1\n"

// What stored groundwork holds.
const (
	storedHistogram = 1 << iota
	storedReference
)

// errGroundwork is that of all stored groundwork that cannot be read.
var errGroundwork = errors.New("not the stored groundwork")

// groundworkHead is what comes behind magic and key, in little-endian numbers.
type groundworkHead struct {
	Limit     uint32 // what Auto stands for, or 0
	Holds     uint32 // storedHistogram and storedReference
	Histogram uint32 // its size in bytes
}

// maxHistogram is more than a histogram has, in bytes.
const maxHistogram = 1 << 16

// WriteTo writes the groundwork in a format that ReadGroundwork reads, all numbers little-endian:
//
//	the magic line "mandelfarm groundwork 1", and the key, 40 digits
//	4 bytes  the limit that Auto stands for, or 0
//	4 bytes  1 if it holds a histogram, plus 2 if it holds a reference
//	4 bytes  the size of the histogram, which follows as MarshalBinary returns it
//	4 bytes  CRC-32 (IEEE) of all of this
//	the reference, if any, in the format of package deep, which has a checksum of its own
//
// The same groundwork makes the same bytes.
func (g *Groundwork) WriteTo(w io.Writer) (int64, error) {
	var histogram []byte
	var head groundworkHead
	if g.histogram != nil {
		head.Holds |= storedHistogram
		histogram, _ = g.histogram.MarshalBinary() // never fails
	}
	if g.reference != nil {
		head.Holds |= storedReference
	}
	head.Limit, head.Histogram = uint32(g.limit), uint32(len(histogram)) //nolint:gosec // in 32 bits
	data := []byte(groundworkMagic + g.key)
	data, _ = binary.Append(data, binary.LittleEndian, head) // of a fixed size
	data = append(data, histogram...)
	data = binary.LittleEndian.AppendUint32(data, crc32.ChecksumIEEE(data))
	n, err := w.Write(data)
	if err != nil {
		return int64(n), fmt.Errorf("write groundwork: %w", err)
	}
	if g.reference == nil {
		return int64(n), nil
	}
	more, err := g.reference.WriteTo(w)
	return int64(n) + more, err
}

// ReadGroundwork reads the groundwork of the pictures with the given key, and r to its end. It refuses what is that of
// others, or has been cut short or changed.
func ReadGroundwork(key string, r io.Reader) (*Groundwork, error) {
	g, err := readGroundwork(key, bufio.NewReader(r))
	if err != nil {
		return nil, fmt.Errorf("groundwork %s: %w", key, err)
	}
	return g, nil
}

func readGroundwork(key string, in *bufio.Reader) (*Groundwork, error) {
	begin := groundworkMagic + key
	data := make([]byte, len(begin)+binary.Size(groundworkHead{}))
	if _, err := io.ReadFull(in, data); err != nil {
		return nil, err
	}
	var head groundworkHead
	_, _ = binary.Decode(data[len(begin):], binary.LittleEndian, &head) // of a fixed size
	if !bytes.HasPrefix(data, []byte(begin)) || head.Histogram > maxHistogram {
		return nil, errGroundwork
	}
	histogram := make([]byte, head.Histogram+crc32.Size)
	if _, err := io.ReadFull(in, histogram); err != nil {
		return nil, err
	}
	histogram, sum := histogram[:head.Histogram], histogram[head.Histogram:]
	if crc32.Update(crc32.ChecksumIEEE(data), crc32.IEEETable, histogram) != binary.LittleEndian.Uint32(sum) {
		return nil, errGroundwork
	}
	g := &Groundwork{key: key, limit: int(head.Limit)}
	if head.Holds&storedHistogram != 0 {
		g.histogram = new(Histogram)
		if err := g.histogram.UnmarshalBinary(histogram); err != nil {
			return nil, err
		}
	}
	if head.Holds&storedReference != 0 {
		var err error
		if g.reference, err = deep.ReadReference(in); err != nil {
			return nil, err
		}
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return nil, errors.Join(errGroundwork, err)
	}
	return g, nil
}
