package deep_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"mandelfarm/renderer/deep"
	"mandelfarm/renderer/wide"
)

// nearby is a view whose reference is short, periodic and comes closer to 0 than float64 can square.
func nearby() deep.View {
	return deep.View{
		Re: "-1.7548776662466927600495088963585286918946066177727931439892839706460806551280810907382270928422503", Im: "1e-300",
		Step: wide.NewReal(1, -1000), Bound: wide.NewReal(1, -990), MaxIterations: 1000, Radius2: 1 << 16,
	}
}

func reference(t *testing.T, v deep.View) *deep.Reference {
	t.Helper()
	r, err := v.Reference(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestStoredReference stores references and reads the same, to the bit, and nothing that was changed.
func TestStoredReference(t *testing.T) {
	t.Parallel()
	r := reference(t, nearby())
	r.Small = append(r.Small, deep.Small{Index: r.Len(), Z: wide.New(1.5, -2, -4000)})
	r.Re[2], r.Im[3] = -1e-300, math.Copysign(0, -1)
	var out bytes.Buffer
	n, err := r.WriteTo(&out)
	if err != nil || n != int64(out.Len()) {
		t.Fatalf("WriteTo = %d, %v for %d bytes", n, err, out.Len())
	}
	got, err := deep.ReadReference(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(got.Re), bits(r.Re)) || !slices.Equal(bits(got.Im), bits(r.Im)) ||
		!slices.Equal(got.Small, r.Small) || got.Period != r.Period {
		t.Error("a stored reference is not the one that was read")
	}
	for i := range out.Len() {
		bad := bytes.Clone(out.Bytes())
		bad[i] ^= 16
		if got, err := deep.ReadReference(bytes.NewReader(bad)); err == nil && !slices.Equal(bits(got.Re), bits(r.Re)) {
			t.Fatalf("read a reference whose byte %d was changed", i)
		}
		if _, err := deep.ReadReference(bytes.NewReader(out.Bytes()[:i])); err == nil {
			t.Fatalf("read a reference of which all but %d bytes are missing", i)
		}
	}
}

func bits(list []float64) []uint64 {
	out := make([]uint64, len(list))
	for i, x := range list {
		out[i] = math.Float64bits(x)
	}
	return out
}

// TestReferenceIsDense keeps stored references small: a few bits per element.
func TestReferenceIsDense(t *testing.T) {
	t.Parallel()
	v := nearby()
	v.Re, v.Im, v.MaxIterations = "-0.75", "0.0001", 20_000
	v.Bound, v.Step = wide.NewReal(1, -200), wide.NewReal(1, -210)
	r := reference(t, v)
	var out bytes.Buffer
	if _, err := r.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	if per := float64(out.Len()) / float64(r.Len()); r.Len() < 10_000 || per > 2 {
		t.Errorf("a reference of %d elements takes %.2f bytes each", r.Len(), per)
	}
}
