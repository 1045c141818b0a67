package bandpng

import "encoding/binary"

// bitWriter writes bits into out from at on, lowest first. It stores whole words, so out has eight bytes more than it
// needs. Codes are collected in a word of which flush leaves less than a byte.
type bitWriter struct {
	out  []byte
	at   int
	word uint64
	used uint64 // bits of word
}

// put appends a code. At most 56 bits may come between two flushes.
func (w *bitWriter) put(c code) {
	w.word |= c.bits() << (w.used & 63)
	w.used += c.length()
}

// flush stores the whole bytes.
func (w *bitWriter) flush() {
	binary.LittleEndian.PutUint64(w.out[w.at:], w.word)
	w.at += int(w.used >> 3)
	w.word >>= w.used & 56
	w.used &= 7
}

// align fills the last byte with zeros.
func (w *bitWriter) align() {
	w.used = (w.used + 7) &^ 7
	w.flush()
}
