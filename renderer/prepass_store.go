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
	"mandelfarm/renderer/shade"
)

// prepassMagic begins stored prepass.
const prepassMagic = "mandelfarm prepass 1\n"

// What stored prepass holds.
const (
	storedHistogram = 1 << iota
	storedReference
)

// errPrepass is that of all stored prepass that cannot be read.
var errPrepass = errors.New("not the stored prepass")

// prepassHead is what comes behind magic and key, in little-endian numbers.
type prepassHead struct {
	Limit     uint32 // what Auto stands for, or 0
	Holds     uint32 // storedHistogram and storedReference
	Histogram uint32 // its size in bytes
}

// maxHistogram is more than a histogram has, in bytes.
const maxHistogram = 1 << 16

// WriteTo writes the prepass in a format that ReadPrepass reads, all numbers little-endian:
//
//	the magic line "mandelfarm prepass 1", and the key, 40 digits
//	4 bytes  the limit that Auto stands for, or 0
//	4 bytes  1 if it holds a histogram, plus 2 if it holds a reference
//	4 bytes  the size of the histogram, which follows as MarshalBinary returns it
//	4 bytes  CRC-32 (IEEE) of all of this
//	the reference, if any, in the format of package deep, which has a checksum of its own
//
// The same prepass makes the same bytes.
func (p *Prepass) WriteTo(w io.Writer) (int64, error) {
	var histogram []byte
	var head prepassHead
	if p.histogram != nil {
		head.Holds |= storedHistogram
		histogram, _ = p.histogram.MarshalBinary() // never fails
	}
	if p.reference != nil {
		head.Holds |= storedReference
	}
	head.Limit, head.Histogram = uint32(p.limit), uint32(len(histogram)) //nolint:gosec // in 32 bits
	data := []byte(prepassMagic + p.key)
	data, _ = binary.Append(data, binary.LittleEndian, head) // of a fixed size
	data = append(data, histogram...)
	data = binary.LittleEndian.AppendUint32(data, crc32.ChecksumIEEE(data))
	n, err := w.Write(data)
	if err != nil {
		return int64(n), fmt.Errorf("write prepass: %w", err)
	}
	if p.reference == nil {
		return int64(n), nil
	}
	more, err := p.reference.WriteTo(w)
	return int64(n) + more, err
}

// ReadPrepass reads the prepass of the pictures with the given key, and r to its end. It refuses what is that of
// others, or has been cut short or changed.
func ReadPrepass(key string, r io.Reader) (*Prepass, error) {
	p, err := readPrepass(key, bufio.NewReader(r))
	if err != nil {
		return nil, fmt.Errorf("prepass %s: %w", key, err)
	}
	return p, nil
}

func readPrepass(key string, in *bufio.Reader) (*Prepass, error) {
	begin := prepassMagic + key
	data := make([]byte, len(begin)+binary.Size(prepassHead{}))
	if _, err := io.ReadFull(in, data); err != nil {
		return nil, err
	}
	var head prepassHead
	_, _ = binary.Decode(data[len(begin):], binary.LittleEndian, &head) // of a fixed size
	if !bytes.HasPrefix(data, []byte(begin)) || head.Histogram > maxHistogram {
		return nil, errPrepass
	}
	histogram := make([]byte, head.Histogram+crc32.Size)
	if _, err := io.ReadFull(in, histogram); err != nil {
		return nil, err
	}
	histogram, sum := histogram[:head.Histogram], histogram[head.Histogram:]
	if crc32.Update(crc32.ChecksumIEEE(data), crc32.IEEETable, histogram) != binary.LittleEndian.Uint32(sum) {
		return nil, errPrepass
	}
	p := &Prepass{key: key, limit: int(head.Limit)}
	if head.Holds&storedHistogram != 0 {
		p.histogram = new(shade.Histogram)
		if err := p.histogram.UnmarshalBinary(histogram); err != nil {
			return nil, err
		}
	}
	if head.Holds&storedReference != 0 {
		var err error
		if p.reference, err = deep.ReadReference(in); err != nil {
			return nil, err
		}
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return nil, errors.Join(errPrepass, err)
	}
	return p, nil
}
