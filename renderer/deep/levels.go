package deep

import "slices"

// The boundaries of a level are those of the level below whose |z| is least, one of 3 to 16, cut at the widest gap of
// sizes in that range. In a self-similar orbit that finds the returns of each period. They are what Imagina calls the stages of
// its LA; a BLA table of fraktaler-3 is a binary tree over the orbit instead, whatever the sizes.
//
// A skip ends where |z| is small because that is what limits it: past the joint d may be no more than reach of |z|.
// Cut there, a small element is the first of a skip, which makes its step exactly.
const (
	leastShare = 16 // of so many boundaries at least one is kept, if sizes have a gap
	mostShare  = 3  // of so many at most one
	usualShare = 6  // where there is no gap
	gapParts   = 4  // eighths of an octave that make a gap, see magnitude
	longest    = 16 // steps of an entry of the lowest level, and entries of the level below in one of another
)

// boundaries returns for each level the places where its entries begin: indices of the orbit, the first of them 0.
// Each level's are among those of the level below. The last has but one.
func boundaries(sizes []int32) [][]int32 {
	all := make([]int32, len(sizes))
	for i := range all {
		all[i] = int32(i)
	}
	levels := [][]int32{}
	if len(all) == 1 {
		levels = append(levels, all)
	}
	for len(all) > 1 {
		all = thin(all, sizes)
		levels = append(levels, all)
	}
	return levels
}

// thin chooses among the boundaries of a level those of the next. Where sizes leave more than longest entries without one,
// it cuts them into parts of about equal length: a skip of many steps fails whole where its weakest joint does.
// A level of no more than longest entries keeps but those below the cut, so that the levels come to an end.
func thin(from, sizes []int32) []int32 {
	limit := cutOff(from, sizes)
	kept := from[:1:1]
	last := 0 // index in from of the last one kept
	for i := 1; i <= len(from); i++ {
		if i < len(from) && sizes[from[i]] >= limit {
			continue
		}
		for parts := (i - last + longest - 1) / longest; len(from) > longest && parts > 1; parts-- {
			last += (i - last) / parts
			kept = append(kept, from[last])
		}
		if i < len(from) {
			kept = append(kept, from[i])
		}
		last = i
	}
	return kept
}

// cutOff returns the size below which boundaries are kept. The first, z_0 = 0, is kept anyway and has no say.
func cutOff(from, sizes []int32) int32 {
	sorted := make([]int32, 0, len(from)-1)
	for _, n := range from[1:] {
		sorted = append(sorted, sizes[n])
	}
	slices.Sort(sorted)
	best, gap := len(from)/usualShare, int32(gapParts-1)
	if len(from) <= longest {
		best = 0
	}
	for i := max(1, len(from)/leastShare); i <= len(from)/mostShare && i < len(sorted); i++ {
		if sorted[i]-sorted[i-1] > gap {
			best, gap = i, sorted[i]-sorted[i-1]
		}
	}
	return sorted[min(best, len(sorted)-1)]
}
