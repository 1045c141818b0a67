package fixed

// Number is a number of a Format, by sign and magnitude. 0 has either sign.
type Number struct {
	limbs    []uint64 // of all blocks, and a block of zeros
	negative bool
}

// New returns 0.
func (f *Format) New() *Number { return &Number{limbs: make([]uint64, (f.blocks+1)*block)} }

// Negative reports whether n is below 0, unless it is 0.
func (n *Number) Negative() bool { return n.negative }

// Add sets sum to a+b, which may be one of them.
func (f *Format) Add(sum, a, b *Number) { f.add(sum, a, b, b.negative) }

// Sub sets difference to a-b, which may be one of them.
func (f *Format) Sub(difference, a, b *Number) { f.add(difference, a, b, !b.negative) }

// add adds b, but with a sign of its own.
func (f *Format) add(to, a, b *Number, negative bool) {
	t := terms{to: &to.limbs[0], a: &a.limbs[0], b: &b.limbs[0], blocks: f.blocks}
	switch {
	case a.negative == negative:
		to.negative = negative
		sumIFMA(&t)
	case f.less(a, b):
		to.negative = negative
		t.a, t.b = t.b, t.a
		differenceIFMA(&t)
	default:
		to.negative = a.negative
		differenceIFMA(&t)
	}
	if t.over != 0 {
		settle(to.limbs[:f.top+1])
	}
}

// less compares magnitudes.
func (f *Format) less(a, b *Number) bool {
	for i := f.top; i >= 0; i-- {
		if a.limbs[i] != b.limbs[i] {
			return a.limbs[i] < b.limbs[i]
		}
	}
	return false
}

// settle carries what is beyond the bits of limbs to the next, as far as it goes. Limbs that are below 0, as two's complements, take
// from the next.
func settle(limbs []uint64) {
	carry := int64(0)
	for i, limb := range limbs {
		sum := int64(limb) + carry        //nolint:gosec // a two's complement
		limbs[i] = uint64(sum) & limbMask //nolint:gosec // as before
		carry = sum >> limbBits
	}
}
