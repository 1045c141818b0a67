package bandpng

// header tells the lengths of a block's codes (RFC 1951, 3.2.7).
type header struct {
	lengths  []uint8 // of literals and lengths, then of distances
	literals int     // how many of them are the former
	symbols  []uint8 // the lengths as they are told
	extras   []code  // the extra bits of each symbol
	uses     [lengthCodes]uint32
	told     [lengthCodes]uint8
	codes    [lengthCodes]code
	kept     int // lengths of codes for lengths that are told
}

// How lengths of codes are told: by symbols for single ones and for runs.
const (
	again     = 16 // the length before, 3 to 6 times
	zeros     = 17 // 3 to 10 zeros
	manyZeros = 18 // 11 to 138 zeros

	lengthCodes = 19 // these symbols and the lengths themselves
	maxTold     = 7  // bits of a code for one of them

	// maxHeader is more bits than a header has: a block's kind and the counts, the lengths of the codes for lengths,
	// and codes with extra bits for all lengths.
	maxHeader = 17 + 3*lengthCodes + (maxTold+7)*(symbolCount+5)
)

// tellOrder is the order in which the lengths of the codes for lengths are told.
func tellOrder() [lengthCodes]int {
	return [...]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
}

// tell prepares the header.
func (h *header) tell(c *coder, lengths []uint8, distance int) {
	h.literals = len(lengths)
	for lengths[h.literals-1] == 0 {
		h.literals--
	}
	h.lengths = append(append(h.lengths[:0], lengths[:h.literals]...), 1)
	if symbol, _ := distanceSymbol(distance); symbol > 0 {
		h.lengths = append(append(h.lengths, make([]uint8, symbol-1)...), 1)
	} else {
		h.lengths = append(h.lengths, 1)
	}
	h.cut()
	c.assign(h.told[:], h.uses[:], maxTold)
	canonical(h.codes[:], h.told[:])
	order := tellOrder()
	for h.kept = lengthCodes; h.told[order[h.kept-1]] == 0; {
		h.kept--
	}
}

// cut turns the lengths into symbols for single ones and for runs.
func (h *header) cut() {
	h.symbols, h.extras, h.uses = h.symbols[:0], h.extras[:0], [lengthCodes]uint32{}
	for rest := h.lengths; len(rest) > 0; {
		run := 1
		for run < len(rest) && rest[run] == rest[0] {
			run++
		}
		length := rest[0]
		rest = rest[run:]
		if length > 0 {
			h.add(length, 0)
			run--
		}
		for run > 0 {
			run -= h.run(length, run)
		}
	}
}

// run tells some of so many equal lengths and returns how many.
func (h *header) run(length uint8, left int) int {
	switch {
	case left < 3:
		h.add(length, 0)
		return 1
	case length > 0:
		n := min(left, 6)
		h.add(again, newCode(uint32(n-3), 2))
		return n
	case left < 11:
		h.add(zeros, newCode(uint32(left-3), 3))
		return left
	default:
		n := min(left, 138)
		h.add(manyZeros, newCode(uint32(n-11), 7))
		return n
	}
}

func (h *header) add(symbol uint8, extra code) {
	h.symbols = append(h.symbols, symbol)
	h.extras = append(h.extras, extra)
	h.uses[symbol]++
}

// write begins a block with codes of its own that is not the last.
func (h *header) write(w *bitWriter) {
	w.put(newCode(2<<1, 3))
	w.put(newCode(uint32(h.literals-firstLength), 5))      //nolint:gosec // 0 to 29
	w.put(newCode(uint32(len(h.lengths)-h.literals-1), 5)) //nolint:gosec // 0 to 29
	w.put(newCode(uint32(h.kept-4), 4))                    //nolint:gosec // 0 to 15
	w.flush()
	order := tellOrder()
	for _, symbol := range order[:h.kept] {
		w.put(newCode(uint32(h.told[symbol]), 3))
		w.flush()
	}
	for i, symbol := range h.symbols {
		w.put(h.codes[symbol].then(h.extras[i]))
		w.flush()
	}
}
