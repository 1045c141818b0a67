package spec

// SegmentRows is the height of a segment, the smallest piece of a picture that is compressed on its own. Bands begin
// at multiples of it. Less costs more bytes, more makes the units of parallel work too coarse.
const SegmentRows = 64

// Rows is the half-open range of rows from Start to End. Row 0 is the top of the image.
type Rows struct{ Start, End int }

// Count returns the number of rows.
func (r Rows) Count() int { return r.End - r.Start }
