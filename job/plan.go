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
	// CoreSeconds is what all of it is expected to cost, in seconds of one core of the standard machine.
	CoreSeconds float64 `json:"core_seconds,omitempty"`
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

// Seconds is what all bands are expected to take one worker.
func (p Plan) Seconds() float64 {
	total := 0.0
	for _, b := range p.Bands {
		total += b.Seconds
	}
	return total
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

// Drawing is how much of a band that is not stored is drawn.
type Drawing struct {
	Band  int
	Rows  int
	Since time.Time // when it was begun
}

// rateWindow is how far back the speed of a job is measured: some bands long.
const rateWindow = 30 * time.Second

// Progress is how far a picture of this width has come by now, given the bands that are
// stored, in the order of their times, and those that are being drawn.
func (p Plan) Progress(width int, stored []Completion, drawing []Drawing, now time.Time) Progress {
	rows := p.drawn(stored, drawing)
	recent := p.recent(width, stored, now)
	if recent.seconds == 0 { // which would count what was drawn of these before
		recent = p.begun(width, rows, drawing, now)
	}
	count, done, total := p.done(rows)
	progress := Progress{State: Running, Bands: len(p.Bands), BandsDone: count}
	if total > 0 {
		progress.Fraction = done / total
	}
	if elapsed := now.Sub(recent.since).Seconds(); recent.seconds > 0 && elapsed > 0 {
		progress.PixelsPerSecond = recent.pixels / elapsed
		left := (total - done) / (recent.seconds / elapsed)
		progress.ETA = now.Add(time.Duration(left * float64(time.Second))).UTC().Truncate(time.Second)
	}
	return progress
}

// work is some of a plan's, and the time from which it was done.
type work struct {
	seconds, pixels float64
	since           time.Time
}

// add adds some rows of a band of a picture of this width.
func (w *work) add(b Band, rows, width int) {
	w.seconds += b.Seconds * float64(rows) / float64(b.End-b.Start)
	w.pixels += float64(width) * float64(rows)
}

// recent is what was done of late of the bands that are stored.
func (p Plan) recent(width int, stored []Completion, now time.Time) work {
	recent := work{since: now}
	for i, c := range stored {
		if c.Band < 0 || c.Band >= len(p.Bands) {
			continue
		}
		if i == 0 || stored[i-1].At.IsZero() || now.Sub(c.At) > rateWindow { // what the first band took is not known
			continue
		}
		if recent.seconds == 0 {
			recent.since = stored[i-1].At
			if limit := now.Add(-rateWindow); recent.since.Before(limit) {
				recent.since = limit
			}
		}
		b := p.Bands[c.Band]
		recent.add(b, b.End-b.Start, width)
	}
	return recent
}

// begun is what was done of bands that are not stored, of which rows are drawn.
func (p Plan) begun(width int, rows []int, drawing []Drawing, now time.Time) work {
	begun := work{since: now}
	for _, d := range drawing {
		if d.Band < 0 || d.Band >= len(p.Bands) || rows[d.Band] == whole {
			continue
		}
		begun.add(p.Bands[d.Band], rows[d.Band], width)
		if d.Since.Before(begun.since) {
			begun.since = d.Since
		}
	}
	return begun
}

// whole is how many rows are drawn of a band that is stored.
const whole = -1

// drawn is how many rows of each band are drawn.
func (p Plan) drawn(stored []Completion, drawing []Drawing) []int {
	rows := make([]int, len(p.Bands))
	for _, d := range drawing {
		if d.Band >= 0 && d.Band < len(rows) {
			rows[d.Band] = min(max(0, d.Rows), p.Bands[d.Band].End-p.Bands[d.Band].Start)
		}
	}
	for _, c := range stored {
		if c.Band >= 0 && c.Band < len(rows) {
			rows[c.Band] = whole
		}
	}
	return rows
}

// done returns how many of the bands are stored, and the seconds of what is drawn of
// all and of all. It adds up in the order of the bands: a sum depends on its order, and
// with any other it might be less for a row more.
func (p Plan) done(rows []int) (count int, done, total float64) {
	for i, b := range p.Bands {
		total += b.Seconds
		if rows[i] == whole {
			count++
			done += b.Seconds
		} else {
			done += b.Seconds * float64(rows[i]) / float64(b.End-b.Start)
		}
	}
	return count, done, total
}
