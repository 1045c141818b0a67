package parity

import (
	"maps"
	"slices"
)

// Verdict is what a comparison has found.
type Verdict struct {
	// Decided says that most have drawn the same, which is taken for right.
	Decided bool
	// Differ are those who have drawn something else than most, with what, in order. If
	// nothing is decided it is all, with what they do not agree on.
	Differ map[string][]string
}

// Compare compares what some have drawn, by their names. Whoever draws any picture
// otherwise than most, draws otherwise.
func Compare(drawn map[string]Drawn) Verdict {
	right, votes := Drawn(nil), 0
	for _, a := range drawn {
		n := 0
		for _, b := range drawn {
			if maps.Equal(a, b) {
				n++
			}
		}
		if n > votes {
			right, votes = a, n
		}
	}
	v := Verdict{Decided: 2*votes > len(drawn), Differ: make(map[string][]string)}
	for name, d := range drawn {
		if v.Decided {
			if parts := differing(d, right); len(parts) > 0 {
				v.Differ[name] = parts
			}
			continue
		}
		v.Differ[name] = disputed(drawn)
	}
	return v
}

// differing are the pictures that two have not drawn the same, in order.
func differing(a, b Drawn) []string {
	parts := make(map[string]bool)
	for name := range a {
		parts[name] = a[name] != b[name]
	}
	for name := range b {
		parts[name] = a[name] != b[name]
	}
	maps.DeleteFunc(parts, func(_ string, differs bool) bool { return !differs })
	return slices.Sorted(maps.Keys(parts))
}

// disputed are the pictures that not all have drawn the same, in order.
func disputed(drawn map[string]Drawn) []string {
	var parts []string
	for _, a := range drawn {
		for _, b := range drawn {
			parts = append(parts, differing(a, b)...)
		}
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}
