package bandpng

import "github.com/klauspost/compress/flate"

// search compresses by searching all of the last 32 KiB for what repeats. Its zero value is ready for use; it holds about
// 1 MB of tables once it has been used.
type search struct {
	deflate *flate.Writer
	out     output
}

// output collects what a flate.Writer writes.
type output struct{ data []byte }

func (o *output) Write(p []byte) (int, error) {
	o.data = append(o.data, p...)
	return len(p), nil
}

// appendTo appends the data as blocks of deflate that end on a byte boundary, none marked as the last.
func (s *search) appendTo(out, data []byte) []byte {
	s.out.data = out
	if s.deflate == nil {
		deflate, err := flate.NewWriter(&s.out, searchLevel)
		if err != nil {
			panic("bandpng: flate refuses a constant level: " + err.Error())
		}
		s.deflate = deflate
	}
	s.deflate.Reset(&s.out)
	_, err := s.deflate.Write(data)
	if err == nil {
		err = s.deflate.Flush()
	}
	if err != nil {
		panic("bandpng: writing to memory failed: " + err.Error())
	}
	out, s.out.data = s.out.data, nil // it belongs to the caller
	return out
}
