package s3

import "mandelfarm/storage"

const (
	// leastPart is the size in bytes that every part of an upload but the last must have.
	leastPart = 5 << 20
	// mostCopied bounds what one request copies, so that several share a large object.
	mostCopied = 256 << 20
)

// span is some of the bytes of a part.
type span struct {
	part         int         // index
	offset, size int64       // in the part
	sum          storage.Sum // of what was sent or copied, when it was
}

// section is what becomes one part of an upload: a span that the server copies, or some
// that are read and sent.
type section struct {
	copied bool
	size   int64
	spans  []span
}

func (s *section) add(p span) {
	if p.size > 0 {
		s.spans = append(s.spans, p)
		s.size += p.size
	}
}

// cut takes so many bytes off the beginning of the span.
func (s *span) cut(size int64) span {
	size = min(size, s.size)
	first := span{part: s.part, offset: s.offset, size: size}
	s.offset, s.size = s.offset+size, s.size-size
	return first
}

// layOut divides parts into sections, at most maxParts and each but the last as large as it must be. What
// is large enough is copied; what is small is gathered, together with the beginning of what comes next.
func layOut(parts []storage.Part) []section {
	least := max(leastPart, storage.PartsSum(parts).Size()/(maxParts-1)+1)
	var sections []section
	var gathered section
	flush := func() {
		if gathered.size > 0 {
			sections, gathered = append(sections, gathered), section{}
		}
	}
	for i, part := range parts {
		rest := span{part: i, size: part.Sum.Size()}
		if gathered.size > 0 {
			gathered.add(rest.cut(least - gathered.size))
		}
		if gathered.size >= least {
			flush()
		}
		if part.Key != "" && rest.size >= least {
			sections = append(sections, copies(rest, max(mostCopied, 2*least))...)
			continue
		}
		gathered.add(rest)
		if gathered.size >= least {
			flush()
		}
	}
	flush()
	return sections
}

// copies divides a span into equal ones of at most so many bytes.
func copies(s span, most int64) (sections []section) {
	for n := (s.size + most - 1) / most; n > 0; n-- {
		size := s.size / n
		sections = append(sections, section{copied: true, size: size, spans: []span{s.cut(size)}})
	}
	return sections
}
