package deep

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/wide"
)

// nearby is a view whose reference is short, periodic and comes closer to 0 than float64 can square.
func nearby() View {
	return View{
		Re: "-1.7548776662466927600495088963585286918946066177727931439892839706460806551280810907382270928422503", Im: "1e-300",
		Step: wide.NewReal(1, -1000), Bound: wide.NewReal(1, -990), MaxIterations: 1000, Radius2: 1 << 16,
	}
}

// stored is a reference as it is stored.
func stored(t require.TestingT, r *Reference) []byte {
	var out bytes.Buffer
	n, err := r.WriteTo(&out)
	require.NoError(t, err)
	require.Equal(t, int64(out.Len()), n)
	return out.Bytes()
}

// same reports whether two references are, to the bit.
func same(a, b *Reference) bool {
	bits := func(list []float64) []uint64 {
		out := make([]uint64, len(list))
		for i, x := range list {
			out[i] = math.Float64bits(x)
		}
		return out
	}
	return slices.Equal(bits(a.Re), bits(b.Re)) && slices.Equal(bits(a.Im), bits(b.Im)) && slices.Equal(a.Small, b.Small) && a.Period == b.Period
}

// TestReferencesAreStoredToTheBit: those that are computed, and any numbers whatever in their place.
func TestReferencesAreStoredToTheBit(t *testing.T) {
	t.Parallel()
	for _, v := range append([]View{nearby()}, minibrotView(t, 175)) {
		r, err := v.Reference(t.Context(), 1, nil)
		require.NoError(t, err)
		got, err := ReadReference(bytes.NewReader(stored(t, r)))
		require.NoError(t, err)
		require.True(t, same(got, r))
		require.NotEmpty(t, r.Small)
	}
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.Custom(func(t *rapid.T) float64 { return math.Float64frombits(rapid.Uint64().Draw(t, "bits")) })
		n := rapid.IntRange(0, 20).Draw(t, "steps")
		r := &Reference{Re: []float64{0}, Im: []float64{0}, Period: rapid.IntRange(0, n).Draw(t, "period")}
		for i := range n {
			r.Re, r.Im = append(r.Re, part.Draw(t, "re")), append(r.Im, part.Draw(t, "im"))
			if rapid.Bool().Draw(t, "small") {
				r.Small = append(r.Small, Small{i + 1, wide.New(1.5, rapid.Float64Range(-1, 1).Draw(t, "im of small"), rapid.IntRange(-1<<30, -500).Draw(t, "exponent"))})
			}
		}
		got, err := ReadReference(bytes.NewReader(stored(t, r)))
		require.NoError(t, err)
		require.True(t, same(got, r), "%v is not %v", got, r)
	})
}

// TestDamagedReferences: what has been cut short, or of which any bit has been changed, is refused or, where a bit is one of no
// meaning, read as it was.
func TestDamagedReferences(t *testing.T) {
	t.Parallel()
	r, err := nearby().Reference(t.Context(), 1, nil)
	require.NoError(t, err)
	data := stored(t, r)
	read := 0
	for i := range data {
		for bit := i % unlessShort(1, 4); bit < 8; bit += unlessShort(1, 4) {
			bad := bytes.Clone(data)
			bad[i] ^= 1 << bit
			if got, err := ReadReference(bytes.NewReader(bad)); err == nil {
				require.True(t, same(got, r), "bit %d of byte %d was changed", bit, i)
				read++
			} else {
				require.ErrorIs(t, err, errStored)
			}
		}
		_, err := ReadReference(bytes.NewReader(data[:i]))
		require.ErrorIs(t, err, errStored, "all but %d bytes are missing", i)
	}
	assert.Less(t, read, 16, "bits of no meaning are those that complete the last byte of a stream")
}

// sealed is a file of so much inside, with a checksum that is right.
func sealed(t *testing.T, inside []byte) []byte {
	t.Helper()
	out := bytes.NewBufferString(magic)
	stream, err := flate.NewWriter(out, flate.BestSpeed)
	require.NoError(t, err)
	_, err = stream.Write(inside)
	require.NoError(t, err)
	require.NoError(t, stream.Close())
	return binary.LittleEndian.AppendUint32(out.Bytes(), crc32.ChecksumIEEE(inside))
}

// TestReferencesThatNobodyWrote: a checksum that is right is not enough.
func TestReferencesThatNobodyWrote(t *testing.T) {
	t.Parallel()
	numbers := func(list ...uint64) (data []byte) {
		for _, n := range list {
			data = binary.AppendUvarint(data, n)
		}
		return data
	}
	whole := append(numbers(1, 0), make([]byte, 16)...) // z_1 = 0
	good := append(bytes.Clone(whole), numbers(1, 1)...)
	good = append(good, make([]byte, 16)...)
	good = append(good, numbers(0)...)
	_, err := ReadReference(bytes.NewReader(sealed(t, good)))
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"nothing":                              {},
		"something else":                       []byte("\x89PNG\r\n\x1a\n and so on, for longer than a magic line"),
		"another version":                      bytes.Replace(sealed(t, good), []byte("reference 1"), []byte("reference 2"), 1),
		"nothing inside":                       sealed(t, nil),
		"more steps than there are iterations": sealed(t, numbers(1<<31, 0)),
		"more steps than follow":               sealed(t, append(numbers(3, 0), make([]byte, 17)...)),
		"a period that is none":                sealed(t, append(numbers(1, 1<<40), good[2:]...)),
		"more tiny elements than follow":       sealed(t, append(bytes.Clone(whole), numbers(2)...)),
		"a number that does not end":           sealed(t, bytes.Repeat([]byte{0xff}, 11)),
		"something behind":                     sealed(t, append(bytes.Clone(good), 0)),
		"a checksum of another":                append(bytes.Clone(sealed(t, good))[:len(sealed(t, good))-4], 1, 2, 3, 4),
	} {
		_, err := ReadReference(bytes.NewReader(data))
		assert.ErrorIs(t, err, errStored, name)
	}
}

// narrow takes so many bytes.
type narrow struct{ left int }

var errFull = errors.New("full")

func (w *narrow) Write(data []byte) (int, error) {
	if w.left -= len(data); w.left < 0 {
		return 0, errFull
	}
	return len(data), nil
}

// TestWritersThatFail: wherever the writing ends, its error comes back.
func TestWritersThatFail(t *testing.T) {
	t.Parallel()
	r, err := nearby().Reference(t.Context(), 1, nil)
	require.NoError(t, err)
	size := len(stored(t, r))
	for room := 0; room < size; room += unlessShort(1, 5) {
		n, err := r.WriteTo(&narrow{room})
		require.ErrorIs(t, err, errFull, "room for %d bytes of %d", room, size)
		require.LessOrEqual(t, n, int64(room))
	}
	_, err = r.WriteTo(&narrow{size})
	require.NoError(t, err)
}

// TestReferencesAreDense: stored, an element takes a few bits.
func TestReferencesAreDense(t *testing.T) {
	t.Parallel()
	v := nearby()
	v.Re, v.Im, v.MaxIterations = "-0.75", "0.0001", 20_000
	v.Bound, v.Step = wide.NewReal(1, -200), wide.NewReal(1, -210)
	r, err := v.Reference(t.Context(), 1, nil)
	require.NoError(t, err)
	require.Greater(t, r.Len(), 10_000)
	assert.Less(t, float64(len(stored(t, r)))/float64(r.Len()), 2.0, "bytes for each element")
}

// TestOrderedFloats: neighbours are 1 apart, on both sides of 0 as well, and every number comes back.
func TestOrderedFloats(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64().Draw(t, "x")
		assert.Equal(t, math.Float64bits(x), math.Float64bits(fromOrdered(ordered(x))))
		if x != 0 && !math.IsInf(x, 0) {
			assert.Equal(t, ordered(x)+1, ordered(math.Nextafter(x, math.Inf(1))), "above %g", x)
		}
	})
	assert.Equal(t, []int64{-2, -1, 0, 1}, []int64{ordered(-5e-324), ordered(math.Copysign(0, -1)), ordered(0), ordered(5e-324)})
}

// FuzzReadReference: nothing that is read makes it panic, and what it takes for a reference is one, and is written again.
func FuzzReadReference(f *testing.F) {
	r, err := nearby().Reference(f.Context(), 1, nil)
	require.NoError(f, err)
	f.Add(stored(f, r))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ReadReference(bytes.NewReader(data))
		if err != nil {
			require.ErrorIs(t, err, errStored)
			return
		}
		again, err := ReadReference(bytes.NewReader(stored(t, got)))
		require.NoError(t, err)
		require.True(t, same(again, got))
	})
}
