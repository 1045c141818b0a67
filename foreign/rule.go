package foreign

import "mandelfarm/renderer/spec"

// rule says what becomes of a key.
type rule struct {
	// reason is why the key is lost. A key without a reason is read, or has no influence on the picture.
	reason  string
	neutral string // the value that changes nothing; empty if there is none
	of      string // the switch without which the key has no influence; empty if there is none
}

// keyTable has a rule for every key of a format.
type keyTable map[string]rule

// add gives several keys one rule.
func (t keyTable) add(r rule, keys ...string) {
	for _, key := range keys {
		t[key] = r
	}
}

// apply notes what is lost of the parameters.
func (p *params) apply(table keyTable) {
	for _, e := range p.entries {
		r, known := table[e.key]
		switch {
		case !known:
			p.lose(e.key, "is not a key that is known here")
		case r.reason == "", r.of != "" && !p.on(r.of), r.neutral != "" && same(e.value, r.neutral):
		default:
			p.lose(e.key, r.reason)
		}
	}
}

// same compares values as numbers, if they are, or as words.
func same(a, b string) bool {
	x, errX := spec.ParseDecimal(a)
	y, errY := spec.ParseDecimal(b)
	if errX != nil || errY != nil {
		return a == b
	}
	return x.Cmp(y) == 0
}
