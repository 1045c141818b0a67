package job

import (
	"errors"
	"time"

	"mandelfarm/renderer/spec"
)

// Plan is how a large picture is divided among workers. It has no influence on
// the file: bands are runs of the segments that every file consists of.
type Plan struct {
	MadeAt time.Time `json:"made_at,omitzero"`
	Bands  []Band    `json:"bands"` // from the top down, without gaps
}

// Band is a run of rows that one task draws.
type Band struct {
	Start   int     `json:"start"`   // first row, a multiple of spec.SegmentRows
	End     int     `json:"end"`     // the row after the last
	Seconds float64 `json:"seconds"` // that drawing it is expected to take one worker
}

// Rows are the rows of the band.
func (b Band) Rows() spec.Rows { return spec.Rows{Start: b.Start, End: b.End} }

// Rows are the rows of each band.
func (p Plan) Rows() map[int]spec.Rows {
	rows := make(map[int]spec.Rows, len(p.Bands))
	for i, b := range p.Bands {
		rows[i] = b.Rows()
	}
	return rows
}

// Check reports an error unless the bands are the rows of a picture of this
// height.
func (p Plan) Check(height int) error {
	row := 0
	for _, b := range p.Bands {
		if b.Start != row || b.End <= b.Start || b.Start%spec.SegmentRows != 0 {
			return errPlan
		}
		row = b.End
	}
	if row != height {
		return errPlan
	}
	return nil
}

var errPlan = errors.New("the plan's bands are not the rows of the picture")

// Completion is when a band was stored.
type Completion struct {
	Band int
	At   time.Time // zero if not known
}

// rateWindow is how far back the speed of a job is measured: some bands long.
const rateWindow = 30 * time.Second

// Progress is how far a picture of this width has come by now, given the bands
// that are stored, in the order of their times.
func (p Plan) Progress(width int, stored []Completion, now time.Time) Progress {
	var recent, pixels float64
	since := now
	for i, c := range stored {
		if c.Band < 0 || c.Band >= len(p.Bands) {
			continue
		}
		b := p.Bands[c.Band]
		if i == 0 || stored[i-1].At.IsZero() || now.Sub(c.At) > rateWindow { // what the first band took is not known
			continue
		}
		if recent == 0 {
			since = stored[i-1].At
			if limit := now.Add(-rateWindow); since.Before(limit) {
				since = limit
			}
		}
		recent += b.Seconds
		pixels += float64(width) * float64(b.End-b.Start)
	}
	count, done, total := p.done(stored)
	progress := Progress{State: Running, Bands: len(p.Bands), BandsDone: count}
	if total > 0 {
		progress.Fraction = done / total
	}
	if elapsed := now.Sub(since).Seconds(); recent > 0 && elapsed > 0 {
		progress.PixelsPerSecond = pixels / elapsed
		left := (total - done) / (recent / elapsed)
		progress.ETA = now.Add(time.Duration(left * float64(time.Second))).UTC().Truncate(time.Second)
	}
	return progress
}

// done returns how many of the bands are stored, and the seconds of those and of all.
// It adds up in the order of the bands: a sum depends on its order, and with any other
// it might be less for a band more.
func (p Plan) done(stored []Completion) (count int, done, total float64) {
	has := make([]bool, len(p.Bands))
	for _, c := range stored {
		if c.Band >= 0 && c.Band < len(has) {
			has[c.Band] = true
		}
	}
	for i, b := range p.Bands {
		total += b.Seconds
		if has[i] {
			count++
			done += b.Seconds
		}
	}
	return count, done, total
}
