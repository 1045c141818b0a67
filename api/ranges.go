package api

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// extent is what is sent of a file: all of it, or the part that was asked for.
type extent struct {
	offset, length int64
	partial        bool
}

// errUnsatisfiable: no byte of the picture is in any range that was asked for.
var errUnsatisfiable = errors.New("no byte of the picture is in the range")

// wantsLess reports whether a request may be answered with less than the whole of a file.
func wantsLess(r *http.Request) bool { return r.Method == http.MethodHead || r.Header["Range"] != nil }

// readRange reads which part of a file of some size a request wants (RFC 9110, section 14). Whatever is not a range of bytes as
// the RFC has it is ignored, and so are several ranges, since many small parts cost far more than the whole; but if no byte
// is in any of them it is errUnsatisfiable. If-Range is met by the tag alone: files have no date.
func readRange(r *http.Request, tag string, size int64) (extent, error) {
	whole := extent{length: size}
	given := r.Header["Range"]
	if len(given) != 1 || r.Method != http.MethodGet || size == 0 {
		return whole, nil
	}
	if condition := r.Header["If-Range"]; condition != nil && (len(condition) != 1 || condition[0] != tag) {
		return whole, nil
	}
	unit, set, _ := strings.Cut(given[0], "=")
	if !strings.EqualFold(unit, "bytes") {
		return whole, nil
	}
	parts, ok := readRangeSet(set, size)
	if !ok {
		return whole, nil
	}
	for _, part := range parts {
		switch {
		case part.length == 0:
		case len(parts) == 1:
			return part, nil
		default:
			return whole, nil
		}
	}
	return whole, fmt.Errorf("%w: it has %d bytes", errUnsatisfiable, size)
}

// readRangeSet reads "0-9, -5": the parts of a file that are asked for, those beyond its end without a byte. It reports false if
// that is no range set.
func readRangeSet(set string, size int64) (parts []extent, ok bool) {
	for item := range strings.SplitSeq(set, ",") {
		item = strings.Trim(item, " \t")
		if item == "" { // an element that is empty counts as none
			continue
		}
		part, ok := readRangeSpec(item, size)
		if !ok {
			return nil, false
		}
		parts = append(parts, part)
	}
	return parts, len(parts) > 0
}

// readRangeSpec reads "0-9", "10-" or "-5".
func readRangeSpec(item string, size int64) (part extent, ok bool) {
	first, last, found := strings.Cut(item, "-")
	if !found {
		return extent{}, false
	}
	if first == "" {
		length, ok := position(last)
		length = min(length, size)
		return extent{size - length, length, true}, ok
	}
	from, ok := position(first)
	to := int64(math.MaxInt64)
	if ok && last != "" {
		to, ok = position(last)
	}
	if !ok || to < from {
		return extent{}, false
	}
	from = min(from, size)
	return extent{from, min(to, size-1) - from + 1, true}, true
}

// position reads digits, of any number: what overflows is beyond every end.
func position(text string) (int64, bool) {
	if !isNumber(text) {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return math.MaxInt64, true
	}
	return n, true
}

// contentRange says which part of a file of some size is sent.
func (e extent) contentRange(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", e.offset, e.offset+e.length-1, size)
}
