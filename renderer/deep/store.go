package deep

import (
	"bufio"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"mandelfarm/renderer/wide"
)

// magic begins a stored reference. Its number is that of the layout: a file of another is none, and is made anew.
const magic = "mandelfarm reference 1\n"

// errStored is that of all stored references that cannot be read. Whoever has one computes the reference anew.
var errStored = errors.New("not a stored reference")

// predict is the next element of an orbit as float64 has it: not what the orbit's next element is, but near it. An element is
// rounded from many bits, and so is off by half a unit of its last place at most; z^2 + c from a z of that error is off by
// some units, and the difference is a byte or two that deflate makes bits of. Its products are fused as they are written, so that
// every CPU predicts the same.
func predict(re, im, cRe, cIm float64) (float64, float64) {
	return math.FMA(re, re, math.FMA(-im, im, cRe)), math.FMA(re+re, im, cIm)
}

// ordered turns a float64 into an integer such that neighbours differ by 1. The bits of positive numbers are in their order as
// they are; those of negative ones, which run the other way, are put below: -0 is -1.
func ordered(x float64) int64 {
	bits := int64(math.Float64bits(x)) //nolint:gosec // as bits
	if bits < 0 {
		return math.MinInt64 - bits - 1
	}
	return bits
}

func fromOrdered(n int64) float64 {
	if n < 0 {
		n = math.MinInt64 - n - 1
	}
	return math.Float64frombits(uint64(n)) //nolint:gosec // as bits
}

// WriteTo writes the reference: the magic line, then in a deflate stream
//
//	uvarint  N and the period
//	8+8      z_1 as float64, little-endian, real part first
//	varints  of z_2 to z_N, real and imaginary part in turn, by how many float64 they are above what z^2 + z_1 gives in
//	         double precision from the element before: mostly 0 and a few more
//	uvarint  the number of elements below 2^-500, and of each its index, 8+8 bytes of mantissas and a varint exponent
//
// and behind the stream the CRC-32 (IEEE) of what is in it, 4 bytes. Nothing is lost.
func (r *Reference) WriteTo(w io.Writer) (int64, error) {
	out := &counter{w: w}
	if _, err := io.WriteString(out, magic); err != nil {
		return out.n, fmt.Errorf("write reference: %w", err)
	}
	stream, err := flate.NewWriter(out, flate.DefaultCompression)
	if err != nil {
		return out.n, fmt.Errorf("write reference: %w", err)
	}
	sum := crc32.NewIEEE()
	e := encoder{w: bufio.NewWriter(io.MultiWriter(stream, sum))}
	e.encode(r)
	for _, step := range []func() error{e.w.Flush, stream.Close, func() error {
		_, err := out.Write(binary.LittleEndian.AppendUint32(nil, sum.Sum32()))
		return err //nolint:wrapcheck // below
	}} {
		if err := step(); err != nil {
			return out.n, fmt.Errorf("write reference: %w", err)
		}
	}
	return out.n, nil
}

// counter counts the bytes that go through, which io.WriterTo asks for.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(data []byte) (int, error) {
	n, err := c.w.Write(data)
	c.n += int64(n)
	return n, err //nolint:wrapcheck // the caller does
}

// encoder writes numbers. Errors are the buffer's to remember: Flush returns the first.
type encoder struct {
	w    *bufio.Writer
	room [binary.MaxVarintLen64]byte
}

func (e *encoder) bytes(data []byte) { _, _ = e.w.Write(data) }

func (e *encoder) count(n int) { e.bytes(binary.AppendUvarint(e.room[:0], uint64(n))) } //nolint:gosec // not negative

func (e *encoder) number(n int64) { e.bytes(binary.AppendVarint(e.room[:0], n)) }

func (e *encoder) float(x float64) {
	e.bytes(binary.LittleEndian.AppendUint64(e.room[:0], math.Float64bits(x)))
}

func (e *encoder) encode(r *Reference) {
	e.count(r.Len())
	e.count(r.Period)
	if r.Len() > 0 {
		e.float(r.Re[1])
		e.float(r.Im[1])
	}
	for n := 2; n <= r.Len(); n++ {
		re, im := predict(r.Re[n-1], r.Im[n-1], r.Re[1], r.Im[1])
		e.number(ordered(r.Re[n]) - ordered(re))
		e.number(ordered(r.Im[n]) - ordered(im))
	}
	e.count(len(r.Small))
	for _, s := range r.Small {
		e.count(s.Index)
		e.float(s.Z.Re)
		e.float(s.Z.Im)
		e.number(int64(s.Z.Exp))
	}
}

// ReadReference reads what WriteTo wrote. It refuses what has been cut short or changed. The checksum is of what is inside and
// not of the deflate stream, so that it covers the decoder too; a deflate stream whose padding differs is the same file.
func ReadReference(r io.Reader) (*Reference, error) {
	in := bufio.NewReader(r)
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(in, head); err != nil || string(head) != magic {
		return nil, errors.Join(errStored, err)
	}
	sum := crc32.NewIEEE()
	d := decoder{r: bufio.NewReader(io.TeeReader(flate.NewReader(in), sum))}
	reference := d.decode()
	if _, err := d.r.ReadByte(); d.err != nil || !errors.Is(err, io.EOF) {
		return nil, errors.Join(errStored, d.err)
	}
	var stored [4]byte
	if _, err := io.ReadFull(in, stored[:]); err != nil || binary.LittleEndian.Uint32(stored[:]) != sum.Sum32() {
		return nil, errors.Join(errStored, err)
	}
	return reference, nil
}

// decoder reads numbers. After an error they are 0. A file that ends early is an error, and so is one that says of more elements
// than there may be; but memory is taken element by element as they are read, never by what a damaged file says is to come.
type decoder struct {
	r   *bufio.Reader
	err error
}

// most bounds the number of elements, which is that of iterations, and their indices.
const most = math.MaxInt32

func (d *decoder) count() int {
	n, err := binary.ReadUvarint(d.r)
	if err == nil && n > most {
		err = errStored
	}
	if err != nil {
		d.err = errors.Join(d.err, err)
		return 0
	}
	return int(n) //nolint:gosec // at most the above
}

func (d *decoder) number() int64 {
	n, err := binary.ReadVarint(d.r)
	if err != nil {
		d.err = errors.Join(d.err, err)
	}
	return n
}

func (d *decoder) float() float64 {
	var data [8]byte
	if _, err := io.ReadFull(d.r, data[:]); err != nil {
		d.err = errors.Join(d.err, err)
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(data[:]))
}

func (d *decoder) decode() *Reference {
	n := d.count()
	r := &Reference{Re: []float64{0}, Im: []float64{0}, Period: d.count()}
	if n > 0 {
		r.Re, r.Im = append(r.Re, d.float()), append(r.Im, d.float())
	}
	for i := 2; i <= n && d.err == nil; i++ {
		re, im := predict(r.Re[i-1], r.Im[i-1], r.Re[1], r.Im[1])
		r.Re = append(r.Re, fromOrdered(ordered(re)+d.number()))
		r.Im = append(r.Im, fromOrdered(ordered(im)+d.number()))
	}
	for left := d.count(); left > 0 && d.err == nil; left-- {
		index := d.count()
		z := wide.Complex{Re: d.float(), Im: d.float(), Exp: int(d.number())}
		r.Small = append(r.Small, Small{index, z})
	}
	return r
}
